"""Which value does a console or a debugger print for a name that it was asked for? `>>> os.environ["X"]`, `p x`."""

from agent.policy.secrets.places import Place, near

_PROMPTS = (">>> ", "(gdb) ", "(pdb) ", "(lldb) ", "ipdb> ", "irb", "pry", "iex", "in [", "jshell>", "scala>", "php >")
_PROMPT = (
    r">>>|\((?:[gp]db|Pdb|lldb)\)|ipdb>|irb[^\n>]{0,30}>|\[?\d{0,4}\]? ?pry[^\n>]{0,30}>|iex[^\n>]{0,12}>"
    r"|In \[\d{1,4}\]:|jshell>|scala>|php >"
)
_ASKED = r"(?:p(?:rint|p|uts)?[ (]|inspect )?[^\n=]{0,60}?(?P<name>[A-Za-z][\w-]{2,60})[\"')\]]{0,4};?\n"
_PRINTED = r"(?:=> |\$\d{1,4} (?:=|==>) |Out\[\d{1,4}\]: |res\d{1,4}: \w{1,20} = |\(\S{1,30}\) )?(?:0x[0-9a-f]{1,16} )?"

_EVALUATED = (
    r"##\[debug\]Evaluating:? [^\n]{0,80}?(?:secrets|env|inputs|vars)[.\[]'?(?P<name>[\w-]{2,80})[^\n]{0,60}"
    r"(?:\n[^\n]{0,200}){0,10}?\n[^\n]{0,60}##\[debug\]"
)

CONSOLES: tuple[Place, ...] = (
    near(_PROMPTS, rf"(?m)^[ \t]*(?:{_PROMPT}) {_ASKED}{_PRINTED}(?P<at>)(?=\\?[\"'])"),
    near("##[debug]evaluating", rf"{_EVALUATED}Result: (?P<at>)(?=')"),
    near("##[debug]evaluating", rf"{_EVALUATED}\.{{0,12}}=> (?P<at>)(?='(?!(?P=name)'))"),
)
"""The name in one line, the value in quotes in the next; and how a runner of GitHub evaluates an expression."""

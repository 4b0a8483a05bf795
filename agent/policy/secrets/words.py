"""Which words are about secrets, in the languages that people write logs and tickets in? Lists, and nothing else."""


def words(listed: str) -> frozenset[str]:
    """A set of words, as one writes a list of them."""
    return frozenset(listed.split())


PASSWORDS = words(
    "password passwords passwd passphrase passcode pass pwd passwrd pword pw pswd psw psk mnemonic pepper unlock "
    "requirepass authtok masterauth "
    "rocommunity rwcommunity passwort kennwort wachtwoord lösenord losenord adgangskode passord "
    "lösenordet salasana parola parole sifre şifre jelszó jelszo heslo hasło haslo "
    "hasła hasłem lozinka geslo contraseña contrasena "
    "contraseñas clave senha passe parool пароль пароля паролем 密码 密碼 口令 パスワード "
    "비밀번호 암호 sandi katasandi κωδικός κωδικό סיסמה סיסמא پسورد пароли lozinku geslom parolă slaptažodis "
    "salasõna fjalëkalimi лозинка парола पासवर्ड รหัสผ่าน"
)
"""People choose what stands under these, so anything may."""
STEMS = words(
    "pass pw psk pwd secret token key cred login locked kennwort contrase senha парол cookie pin code otp tan one-time "
    "secure auth licence community salt sas jwt hmac sig seed"
)
"""Without one of these, in lower case, no sentence and no record tells a secret."""
PHRASES = words("mnemonic passphrase")
"""And under these even several words."""
ISSUED = words(
    "secret secrets token tokens apikey apikeys auth authentication credential credentials cred creds cookie cookies "
    "session sessid sessionid jsessionid phpsessid aspsessionid sid "
    "signature sig sas jwt bearer otp totp mfa seed salt "
    "hmac csrf xsrf csrftoken csrfmiddlewaretoken pat setcookie authtoken geniekey xapikey accesskey secretkey "
    "privatekey masterkey accountkey storagekey sharedaccesskey encryptionkey signingkey licensekey licencekey passkey "
    "webhook secreto jeton geheimnis authkey schlüssel schluessel apischlüssel "
    "appkey usersig skey samlresponse samlassertion"
)
"""Machines give out what stands under these: a plain word is none."""
CODES = words(
    "activation license licence product unlock recovery backup verification security pin otp auth access login"
)
"""Before `code`."""
NUMBERS = words("pin puk otp tan mfa cvv passhash")
"""Under these a few digits are enough."""
ENDS_CHOSEN = tuple(
    words("password passwd passphrase passcode passwort kennwort pwd pass passw bindpw rootpw userpw authpw")
)
ENDS_ISSUED = tuple(
    words("secret token apikey secretkey accesskey privatekey licensekey authkey encryptionkey signingkey")
)
"""Ends of words that are joined without a sign: `storepass`, `slacktoken`."""
NO_ENDS = words("bypass compass encompass surpass trespass overpass underpass multipass askpass subtoken")

LAST = words(
    "auth session sessions cookie cookies sas seed salt jwt mfa otp totp webhook bearer hmac authentication sid sig"
)
"""Ordinary words in other places: only the last word of a name makes them a secret."""
SAYS_OTHER = words(
    "id ids uid guid name names ttl path paths file files filename filepath dir directory folder url uri endpoint host "
    "hostname port count counts counter total number num type types kind expiry expire expires expired expiration "
    "expiring exp algorithm alg algo ref refs reference references arn arns version versions length len size min max "
    "limit limits usage policy policies enabled disabled required optional valid invalid status state created updated "
    "changed modified rotated rotation at date time timestamp timeout "
    "interval age lifetime duration days hours minutes "
    "seconds secs ms field column columns table header headers format hint prompt attempts attempt failures failed "
    "failure error errors retries stdin provider issuer audience scope "
    "scopes method methods mode store manager service "
    "bucket template class engine backend plugin factory filter handler "
    "validator encoder generator controller resolver "
    "rules rule schema description label title index idx position offset "
    "flags env var variable review reviews reviewer "
    "requests response responses calls cache rate ratio cost costs price used remaining budget per second window "
    "fingerprint thumbprint digest checksum sha sha1 sha256 md5 etag kid domain samesite secure httponly affinity lax "
    "replication grant grants accepted rejected revoked missing mismatch present exists visibility rotate sync syncer "
    "history set properties complexity strength score quality question banner reminder audit report "
    "projection mount mounts volume selector annotation annotations owner group groups hasher accessor"
)
"""Behind a word about secrets, these say that the value is something about it."""
NEUTRAL = words(
    "prod production staging stage dev test qa uat preprod new old current previous prev next default base base64 b64 "
    "hex plain plaintext clear text value val string str hash key data primary secondary live main backup root "
    "admin user temp tmp initial final raw real actual encoded rw ro read write in out confirm confirmation repeat "
    "again"
)
"""Behind it, these leave it what it is."""
OF_NO_SECRET = words(
    "public pub publishable invalid missing bad wrong expired forgot forgotten show hide has is no max min num total "
    "count nil encrypted sealed request"
)
PAGES = words(
    "next page nextpage continuation continue pagination cursor resume prompt completion sync input output cached "
    "reasoning prompts"
)
"""Before `token`: places in a list, and what models are paid by."""
SIDS = words("account oracle service windows user group workspace chat messaging call message ms")
"""Before `sid`: names of objects."""

KEYS = words(
    "api app application access account admin auth authn authorization "
    "authentication client consumer decrypt decryption "
    "encrypt encryption gossip hmac integration jwt licence license master merchant private product secret security "
    "service session shared sharedaccess sign signing signature storage "
    "subscription token webhook write ingest ingestion "
    "installation root unseal recovery preshared wireguard deploy fernet aes rsa cipher crypto activation events "
    "functions function server insert ssl tls bot bearer data base cosmos "
    "validation machine registration eth wallet team "
    "password pre sdk cookie stripe pagerduty genie opsgenie postmark "
    "snyk codecov honeycomb splunk hec launchdarkly ld "
    "symm datadog dd heroku newrelic pushover sendgrid mailgun twilio algolia"
)
"""Before `key`: it opens something."""
SIGNED = tuple(words("pay merchant cookie session csrf sign secret secure auth pass"))
"""How words begin that make a hash key one that signs."""
KEYS_OF_NO_SECRET = words(
    "site gpg pgp configuration "
    "public pub publishable incident rule duplicate authority subject signed "
    "foreign partition part sort range cache host authorized known idempotency dedup dedupe "
    "deduplication from row object s3 obj message msg record group index "
    "lookup natural composite unique map json config "
    "redis kafka i18n translation metric label issue project ticket jira kms registry trace tracing correlation event "
    "join order shard lock mutex image artifact build restore fingerprint "
    "resource entity tag annotation field property "
    "attribute search aggregation dimension sample series alert silence inhibit feature flag setting option param "
    "parameter state document doc node parent child segment bucket blob "
    "file path column business surrogate distribution "
    "clustering existing target by minute hot memory item store counter "
    "rate limit limiter throttle job task queue topic websocket socket"
)
"""Before `key`: it names something."""

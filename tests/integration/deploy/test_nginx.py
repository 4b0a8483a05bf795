import subprocess
from pathlib import Path

from tests.system import program

CONFIGURATION = Path(__file__).parents[3] / "deploy/nginx/nginx.conf"


def test_nginx_itself_accepts_the_configuration(tmp_path: Path) -> None:
    nginx = program("nginx", "apt-get install nginx")
    # Its folders for temporary files lie in /tmp, where several test runs may meet.
    here = tmp_path / "nginx.conf"
    here.write_text(CONFIGURATION.read_text().replace("/tmp/", f"{tmp_path}/"))
    told = subprocess.run([nginx, "-t", "-c", here], capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 0, told.stderr

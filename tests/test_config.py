"""The settings: every problem at once, by name, with the remedy; nothing secret in the words."""

from __future__ import annotations

import stat
from ipaddress import ip_network
from pathlib import Path

import pytest

from bot.config import NAMES, Config, ConfigProblems, Role, read_config, read_connection
from bot.generated import CannotKeep, kept
from bot.vault import Vault, generate_keys

KEYS = generate_keys()
TOKEN = "an-admin-token-of-somebody"
URI = "mongodb://ana:hunter22@db.example.com/oncall?replicaSet=rs0"
COMPLETE = {"MONGODB_URI": URI, "ENCRYPTION_KEYS": KEYS, "ADMIN_TOKEN": TOKEN}


@pytest.fixture
def here(tmp_path: Path) -> dict[str, str]:
    return {"DATA_DIR": str(tmp_path / "data")}


def problems(environ: dict[str, str], role: Role = Role.SERVE) -> dict[str, str]:
    with pytest.raises(ConfigProblems) as caught:
        read_config(environ, role)
    return dict(problem.split(": ", 1) for problem in caught.value.problems)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_serve_needs_no_setting_at_all(here: dict[str, str]) -> None:
    config = read_config(here, Role.SERVE)
    assert (config.host, config.port, config.public_url) == ("", 8080, "http://localhost:8080")
    assert config.mongodb_uri is None
    assert (config.trusted_proxies, config.allow_private_networks) == ((), ())
    assert (config.alerts_per_second, config.log_level, config.log_format) == (300, "INFO", "text")
    Vault(config.encryption_keys.reveal())
    assert len(config.admin_token.reveal()) == 43


def test_what_was_generated_is_private_and_stays_the_same(here: dict[str, str]) -> None:
    first, second = read_config(here, Role.SERVE), read_config(here, Role.DEMO)
    assert first.encryption_keys == second.encryption_keys
    assert first.admin_token == second.admin_token
    assert first.admin_token_file == first.data_dir / "admin-token"
    assert mode(first.data_dir) == 0o700
    assert {path.name: mode(path) for path in first.data_dir.iterdir()} == {
        "admin-token": 0o600,
        "encryption-keys": 0o600,
    }


def test_a_file_that_others_could_read_is_closed(here: dict[str, str]) -> None:
    config = read_config(here, Role.SERVE)
    assert config.admin_token_file is not None
    config.admin_token_file.chmod(0o644)
    read_config(here, Role.SERVE)
    assert mode(config.admin_token_file) == 0o600


def test_given_secrets_are_used_and_nothing_is_written(here: dict[str, str]) -> None:
    config = read_config(here | COMPLETE, Role.WEB)
    assert config.mongodb_uri is not None
    assert config.mongodb_uri.reveal() == URI
    assert (config.encryption_keys.reveal(), config.admin_token.reveal()) == (KEYS, TOKEN)
    assert config.admin_token_file is None
    assert not config.data_dir.exists()


def test_secrets_do_not_show(here: dict[str, str]) -> None:
    shown = repr(read_config(here | COMPLETE, Role.WEB))
    assert not [secret for secret in (URI, "hunter22", KEYS, TOKEN) if secret in shown]


@pytest.mark.parametrize("role", [Role.WEB, Role.WORKER])
def test_web_and_worker_name_all_that_they_miss(role: Role, here: dict[str, str]) -> None:
    found = problems(here, role)
    assert list(found) == ["MONGODB_URI", "ENCRYPTION_KEYS", "ADMIN_TOKEN"]
    assert "mongodb://user:password@host/oncall" in found["MONGODB_URI"]
    assert "generate_keys" in found["ENCRYPTION_KEYS"]
    assert "token_urlsafe" in found["ADMIN_TOKEN"]


def test_serve_with_a_database_of_its_own_needs_keys_that_do_not_live_on_this_disk(here: dict[str, str]) -> None:
    assert list(problems(here | {"MONGODB_URI": URI})) == ["ENCRYPTION_KEYS", "ADMIN_TOKEN"]


def test_demo_listens_on_loopback_and_may_call_it(here: dict[str, str]) -> None:
    config = read_config(here, Role.DEMO)
    assert config.host == "127.0.0.1"
    assert config.allow_private_networks == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert read_config(here | {"HOST": "0.0.0.0"}, Role.DEMO).host == "0.0.0.0"


def test_the_demo_keeps_to_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_config({}, Role.DEMO).data_dir == Path("data/demo")
    assert read_config({}, Role.SERVE).data_dir == Path("data")
    assert read_connection({}).admin_token_file == Path("data/admin-token")
    assert read_config({"DATA_DIR": "elsewhere"}, Role.DEMO).data_dir == Path("elsewhere")


def test_all_problems_are_told_together_in_the_order_of_the_table(here: dict[str, str]) -> None:
    found = problems(
        {
            "PORT": "eighty",
            "HOST": "my host",
            "TRUSTED_PROXIES": "10.0.0.0/8, everywhere",
            "PUBLIC_URL": "oncall.example.com",
            "MONGODB_URI": "postgres://ana:hunter22@db",
            "DATA_DIR": __file__,
            "ENCRYPTION_KEYS": "k1:c2hvcnQ=",
            "ADMIN_TOKEN": "short",
            "ALLOW_PRIVATE_NETWORKS": "10.0.0.1/8",
            "ALERTS_PER_SECOND": "many",
            "LOG_LEVEL": "loud",
            "LOG_FORMAT": "xml",
        }
    )
    assert tuple(found) == NAMES
    assert found["PORT"] == "'eighty' is no port. Use a number from 1 to 65535, for example 8080."
    assert found["TRUSTED_PROXIES"].startswith("everywhere: no address range.")
    assert found["ALERTS_PER_SECOND"] == "'many' is no number from 0 to 1000000. Use for example 300."
    assert found["LOG_LEVEL"] == "'loud' is none of DEBUG, INFO, WARNING, ERROR."
    assert "the key k1 is not 32 bytes" in found["ENCRYPTION_KEYS"]
    assert not [text for text in found.values() if "hunter22" in text or "c2hvcnQ" in text]


def test_empty_is_the_same_as_missing(here: dict[str, str]) -> None:
    config = read_config(here | {"PORT": "", "PUBLIC_URL": "  ", "MONGODB_URI": ""}, Role.SERVE)
    assert (config.port, config.mongodb_uri) == (8080, None)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80.0", "²"])
def test_a_port_that_is_none_is_refused(port: str, here: dict[str, str]) -> None:
    assert list(problems(here | {"PORT": port})) == ["PORT"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com",
        "https://",
        "https://u:p@example.com",
        "https://example.com/?a=1",
        "https://a b",
        "http://a:0",
    ],
)
def test_a_public_url_that_is_none_is_refused(url: str, here: dict[str, str]) -> None:
    assert list(problems(here | {"PUBLIC_URL": url})) == ["PUBLIC_URL"]


def test_the_public_url_follows_the_port_and_loses_its_last_slash(here: dict[str, str]) -> None:
    assert read_config(here | {"PORT": "9000"}, Role.SERVE).public_url == "http://localhost:9000"
    assert read_config(here | {"PUBLIC_URL": "https://x.example/"}, Role.SERVE).public_url == "https://x.example"


def test_choices_do_not_mind_capitals(here: dict[str, str]) -> None:
    config = read_config(here | {"LOG_LEVEL": "debug", "LOG_FORMAT": "JSON"}, Role.SERVE)
    assert (config.log_level, config.log_format) == ("DEBUG", "json")


def test_old_data_without_its_keys_is_not_given_new_ones(here: dict[str, str]) -> None:
    (Path(here["DATA_DIR"]) / "mongodb" / "data").mkdir(parents=True)
    found = problems(here)
    assert list(found) == ["ENCRYPTION_KEYS"]
    assert "holds data, but its keys are not in" in found["ENCRYPTION_KEYS"]


def test_a_damaged_file_of_keys_is_told_before_anything_starts(here: dict[str, str]) -> None:
    config = read_config(here, Role.SERVE)
    (config.data_dir / "encryption-keys").write_text("k1:half")
    assert "encryption-keys is damaged" in problems(here)["ENCRYPTION_KEYS"]


def test_an_empty_token_file_is_a_problem_and_no_empty_token(here: dict[str, str]) -> None:
    config = read_config(here, Role.SERVE)
    (config.data_dir / "admin-token").write_text("\n")
    assert "admin-token is empty" in problems(here)["ADMIN_TOKEN"]


def test_a_folder_that_cannot_be_made_is_told_by_the_setting_that_helps(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = problems({"DATA_DIR": str(tmp_path / "file" / "data")})
    assert "DATA_DIR" in " ".join(found.values())


def test_the_first_of_two_processes_decides_what_both_use(tmp_path: Path) -> None:
    file = tmp_path / "secret"

    def slowly() -> str:
        file.write_text("of the other process")
        return "mine"

    assert kept(file, slowly).reveal() == "of the other process"
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_secret_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    with pytest.raises(CannotKeep, match="it is no text"):
        kept(tmp_path / "secret", lambda: "mine")


def test_the_command_line_finds_the_token_and_the_addresses_of_a_running_bot(here: dict[str, str]) -> None:
    config: Config = read_config(here, Role.SERVE)
    connection = read_connection(here | {"PORT": "9000", "PUBLIC_URL": "https://oncall.example.com"})
    assert connection.addresses == ("http://127.0.0.1:9000", "https://oncall.example.com")
    assert connection.admin_token == config.admin_token
    assert read_connection(here | {"ADMIN_TOKEN": TOKEN, "HOST": "::1"}).addresses == ("http://[::1]:8080",)


def test_the_command_line_writes_nothing(here: dict[str, str]) -> None:
    connection = read_connection(here)
    assert connection.admin_token is None
    assert not connection.admin_token_file.parent.exists()


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    read_config({"DATA_DIR": str(tmp_path)}, Role.SERVE)
    assert mode(tmp_path) == 0o755

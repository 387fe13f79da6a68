"""The rendering processes: none before there is need, none left behind, and nobody's turn taken by others."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tornado.ioloop import IOLoop

from bot.core.alert_group import Alert
from bot.errors import Unavailable
from bot.integrations.payload import Bundle, Payload
from bot.templates.applying import question
from bot.templates.pool import WAITING_BYTES_OF_ONE, Pool, Start
from bot.templates.process import NoAnswer, Renderer, Why
from tests.templates.patient import PATIENCE_SECONDS, patient_pool
from tests.waiting import until

ROOT = Path(__file__).parents[2]
PAYLOAD = Payload(bundles=(Bundle(key="k", title="Disk", alerts=(Alert(fingerprint="f", firing=True, title="Disk"),)),))
SLOW = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.fixture
def pool(io_loop: IOLoop) -> Iterator[Pool]:
    pool = patient_pool()
    yield pool
    io_loop.run_sync(pool.close)


async def ask(pool: Pool, text: str = "{{ title }}", *, server: str = "one", body: bytes = b"{}") -> str:
    try:
        answer = await pool.ask(server, await question({"title": text}, PAYLOAD), body)
    except NoAnswer as problem:
        assert problem.why is Why.SLOW
        return "slow"
    return str(answer["bundles"][0][0].get("title") or answer["problems"]["title"]["kind"])


def runs(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_processes_start_with_the_first_need_and_serve_again(pool: Pool):
    assert pool.pids == ()
    assert [await ask(pool), await ask(pool)] == ["Disk", "Disk"]
    assert len(pool.pids) == 1


async def test_there_are_never_more_than_were_allowed(pool: Pool):
    answers = await asyncio.gather(*(ask(pool, server=f"server-{number}") for number in range(20)))
    assert answers == ["Disk"] * 20 and len(pool.pids) == 2


async def test_a_process_that_was_killed_while_idle_is_replaced(pool: Pool):
    await ask(pool)
    for _ in range(3):
        (pid,) = pool.pids
        os.kill(pid, signal.SIGKILL)
        assert await ask(pool) == "Disk"
    assert not runs(pid)


async def held(*, seconds: float = PATIENCE_SECONDS) -> Renderer:
    """A process that gets none of the processor, as on a machine that has none left."""
    renderer = await Renderer.start(seconds=seconds)
    os.kill(renderer.pid, signal.SIGSTOP)
    return renderer


def first_held() -> Start:
    """The first process is held until it is told to go on; the others run."""
    left = [held]

    async def start() -> Renderer:
        return await left.pop()() if left else await Renderer.start(seconds=PATIENCE_SECONDS)

    return start


async def test_a_process_that_is_killed_in_the_middle_is_asked_again_elsewhere(io_loop: IOLoop):
    pool = patient_pool(start=first_held())
    asking = asyncio.create_task(ask(pool, SLOW))
    await until(lambda: len(pool.pids) == 1, pause=0.005)
    (pid,) = pool.pids
    os.kill(pid, signal.SIGKILL)
    assert await asking == "slow"
    assert pid not in pool.pids and await ask(pool) == "Disk"
    await pool.close()


async def test_slow_templates_of_one_server_leave_a_process_to_the_others(io_loop: IOLoop):
    pool = patient_pool(start=first_held())
    slow = [asyncio.create_task(ask(pool, SLOW, server="slow")) for _ in range(3)]
    await until(lambda: len(pool.pids) == 1, pause=0.005)
    (pid,) = pool.pids
    assert await ask(pool, server="quick") == "Disk"
    assert not any(task.done() for task in slow)
    os.kill(pid, signal.SIGCONT)
    assert await asyncio.gather(*slow) == ["slow"] * 3
    await pool.close()


async def test_what_waits_beyond_measure_is_sent_away(pool: Pool):
    large = b" " * (WAITING_BYTES_OF_ONE // 2)
    first = [asyncio.create_task(ask(pool, SLOW, body=large)), asyncio.create_task(ask(pool, body=b"{}"))]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await ask(pool, body=large)
    assert await ask(pool, server="another", body=large) == "Disk"
    assert await asyncio.gather(*first) == ["slow", "Disk"]


async def test_who_gives_up_takes_the_process_with_them(io_loop: IOLoop):
    pool = patient_pool(start=first_held())
    asking = asyncio.create_task(ask(pool, SLOW))
    await until(lambda: len(pool.pids) == 1, pause=0.005)
    (pid,) = pool.pids
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert pool.pids == () and not runs(pid)
    assert await ask(pool) == "Disk"
    await pool.close()


async def test_a_machine_without_the_template_language_answers_nothing_at_once():
    pool = Pool(start=partial(Renderer.start, "raise SystemExit('No module named jinja2')"))
    with pytest.raises(NoAnswer) as problem:
        await pool.ask("one", b"{}", b"")
    assert problem.value.why is Why.DIED and pool.pids == ()


GOES_SLOWLY = """
import os, signal, sys, time
os.write(1, bytes(4))
sys.stdin.buffer.read(1)
os.close(1)
time.sleep(0.2)
os.kill(os.getpid(), signal.SIGVTALRM)
"""


async def test_how_a_process_ended_is_awaited_before_anybody_kills_it():
    renderer = await Renderer.start(GOES_SLOWLY)
    with pytest.raises(NoAnswer) as problem:
        await renderer.ask(b"{}", b"")
    assert problem.value.why is Why.SLOW


async def test_a_template_that_waits_for_the_processor_is_rendered_when_it_gets_it(io_loop: IOLoop):
    pool = patient_pool(start=held)
    asking = asyncio.create_task(ask(pool))
    await until(lambda: len(pool.pids) == 1, pause=0.005)
    os.kill(pool.pids[0], signal.SIGCONT)
    assert await asking == "Disk"
    await pool.close()


async def test_who_never_gets_it_is_late_and_no_process_is_left(io_loop: IOLoop):
    started = []

    async def start() -> Renderer:
        started.append(await held(seconds=0.05))
        return started[-1]

    pool = Pool(start=start)
    with pytest.raises(NoAnswer) as problem:
        await pool.ask("one", await question({"title": "{{ title }}"}, PAYLOAD), b"{}")
    assert problem.value.why is Why.LATE
    assert pool.pids == () and len(started) == 1 and not runs(started[0].pid)


async def test_memory_stays_the_same_whatever_is_rendered(pool: Pool):
    for number in range(60):
        for text in (f"{{{{ 'a{number}' * 20000 }}}}", f"{{% set x = range(99999) | list %}}{number}"):
            await ask(pool, text)
    (pid,) = pool.pids
    assert _kilobytes(pid) < 80_000


def _kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


async def test_who_waits_too_long_is_sent_away_and_the_next_is_served(io_loop: IOLoop):
    pool = patient_pool(patience=0.05, start=first_held())
    slow = asyncio.create_task(ask(pool, SLOW))
    await until(lambda: len(pool.pids) == 1, pause=0.005)
    with pytest.raises(Unavailable):
        await ask(pool)
    os.kill(pool.pids[0], signal.SIGCONT)
    assert await slow == "slow"
    assert await ask(pool) == "Disk"
    await pool.close()


async def test_after_the_end_no_process_is_left_and_none_starts(pool: Pool):
    await ask(pool)
    (pid,) = pool.pids
    await pool.close()
    assert not runs(pid)
    with pytest.raises(Unavailable):
        await ask(pool)


DYING = """
import asyncio, os, signal, sys, uvloop
from bot.templates.pool import Pool

async def main():
    pool = Pool()
    question = b'{"templates":{"title":"%s"},"each":[],"once":["title"],"longest":{"title":9},"acts":[],'
    question += b'"bundles":[{"key":"k","alerts":[{"firing":true}]}]}'
    await pool.ask("s", question.replace(b"%s", b"x"), b"")
    asyncio.create_task(pool.ask("s", question.replace(b"%s", sys.argv[1].encode()), b""))
    await asyncio.sleep(0.05)
    print(*pool.pids, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

uvloop.run(main())
"""


@pytest.mark.parametrize("template", ["idle", SLOW])
async def test_they_die_with_the_bot_even_by_kill_9(template: str):
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", DYING, template],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    (pid,) = map(int, done.stdout.split())
    await until(lambda: not runs(pid), pause=0.005)


def test_the_bot_itself_never_loads_the_template_language():
    code = "import sys, bot.composition; print(sorted({'jinja2', 'markupsafe'} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"

"""Figures for the operator's monitoring; the home of `prometheus_client`. No series names a tenant or a person."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from bot.clock import Clock
from bot.receiving.intake import Intake
from bot.working.worker import Worker

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
LATENESS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
DELIVERY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)


class Metrics:
    """One process's figures. Give it to the worker as its watch."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        self._lateness = Histogram(
            "oncall_wake_lateness_seconds",
            "How long after it was due a document was claimed",
            buckets=LATENESS,
            registry=self.registry,
        )
        self._deliveries = Histogram(
            "oncall_delivery_seconds",
            "How long deliveries took",
            ["effect", "outcome"],
            buckets=DELIVERY,
            registry=self.registry,
        )

        self._old_keys = Gauge(
            "oncall_sealed_with_old_keys",
            "Stored texts that no one has sealed again with the newest key yet",
            registry=self.registry,
        )
        self._connections = Gauge(
            "oncall_connections", "Connections that are open to this process", registry=self.registry
        )
        self._refused = Counter(
            "oncall_connections_refused_total",
            "Connections that were closed at once, because too many were open",
            registry=self.registry,
        )

    def connections(self, open_now: int) -> None:
        self._connections.set(open_now)

    def connection_refused(self) -> None:
        self._refused.inc()

    def sealed_with_old_keys(self, count: int) -> None:
        self._old_keys.set(count)

    def claimed(self, *, late: float) -> None:
        self._lateness.observe(max(late, 0.0))

    def delivered(self, kind: str, *, seconds: float, outcome: str) -> None:
        self._deliveries.labels(kind, outcome).observe(seconds)

    def page(self, intake: Intake, worker: Worker | None, clock: Clock, *, nudged: bool) -> bytes:
        """What `/metrics` answers."""
        now = CollectorRegistry(auto_describe=False)
        now.register(_State(intake, worker, clock, nudged))
        return generate_latest(self.registry) + generate_latest(now)


class _State(Collector):
    """What is read off the parts when somebody asks."""

    def __init__(self, intake: Intake, worker: Worker | None, clock: Clock, nudged: bool) -> None:
        self._intake = intake
        self._worker = worker
        self._clock = clock
        self._nudged = nudged

    def collect(self) -> Iterable[Metric]:
        taken = self._intake.taken
        yield CounterMetricFamily("oncall_alerts_accepted", "Alerts stored before their answer", value=taken)
        refused = self._intake.refused
        yield CounterMetricFamily("oncall_payloads_refused", "Payloads told to come back later", value=refused)
        waiting = self._intake.waiting
        yield GaugeMetricFamily("oncall_alerts_waiting", "Alerts that wait to be stored", value=waiting)
        if self._worker is not None:
            yield from self._of_worker(self._worker)

    def _of_worker(self, worker: Worker) -> Iterable[Metric]:
        now = self._clock()
        unsent = worker.oldest_unsent
        age = (now - unsent).total_seconds() if unsent else 0.0
        yield GaugeMetricFamily("oncall_oldest_unsent_seconds", "Age of the oldest effect that failed", value=age)
        yield GaugeMetricFamily("oncall_nudged", "Whether other processes can wake the worker", value=self._nudged)
        if worker.last_pass is not None:
            since = (now - worker.last_pass).total_seconds()
            yield GaugeMetricFamily("oncall_worker_pass_age_seconds", "Since the worker looked last", value=since)

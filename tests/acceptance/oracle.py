"""PURE the bodies served of a race and our polls of it → everything that must be stored (DOMAIN §4); not from our code."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from decimal import Decimal

from tests.acceptance import figures as rule
from tests.acceptance.figures import Figures
from tests.acceptance.reading import KINDS, POOLS, Facts, Runner, read
from tests.acceptance.received import Expected, Poll, Row, received

__all__ = ["Expected", "Poll", "derive"]


def derive(served: Iterable[tuple[datetime, dict]], polls: Iterable[Poll]) -> Expected:
    """Follow the answers that our good polls received, oldest first, and say what they must leave behind."""
    story = _Story()
    for at, event in received(served, polls, story.expected):
        story.take(at, event)
    return story.finish()


class _Story:
    """What is known of the race so far, and what it left in the tables."""

    def __init__(self) -> None:
        self.expected = Expected()
        self.data: object = None
        self.facts: Facts | None = None
        self.runners: dict[str, Runner] = {}
        self.prices: dict[str, dict[str, Decimal | None]] = {}
        self.seen_open: dict[str, list[tuple[datetime, Decimal]]] = {}
        self.money: dict[str, tuple[int, int]] | None = None
        self.pools: dict[str, int | None] | None = None
        self.other_pools: tuple[tuple[str, int | None], ...] = ()
        self.investments: dict[int, Decimal] | None = None
        self.results: tuple[tuple[object, ...], ...] | None = None
        self.dividends: tuple[tuple[object, ...], ...] | None = None
        self.flow: dict[str, Row] = {}

    def take(self, at: datetime, event: dict) -> None:
        self.expected.answers += 1
        changed = event["data"] != self.data
        self.expected.outcomes[at] = "changed" if changed else "unchanged"
        self.expected.race["last_polled_at"] = at
        if not changed:  # the poll's row, and the buckets that had none yet; nothing else
            self._buckets(at, only_new=True)
            return
        self.data, before = event["data"], self.facts
        self.facts = read(event)
        self._race(at, before)
        for runner in self.facts.runners.values():
            self._runner(at, runner)
        self._pools(at)
        if self.facts.status == "open":
            self._flow(at)
            self._buckets(at, only_new=False)
        self._results(at)

    def _race(self, at: datetime, before: Facts | None) -> None:
        now = self._now()
        if before is None or before.status != now.status:
            self.expected.statuses.append((at, now.status))
        if before is None or before.start != now.start:
            self.expected.starts.append((at, now.start))
        self.money = now.money if now.money is not None else self.money
        if now.pools is not None:
            self.pools, self.other_pools = now.pools, now.other_pools
            self.investments = now.investments

    def _runner(self, at: datetime, runner: Runner) -> None:
        known = self.prices.setdefault(runner.entrant_id, dict.fromkeys(KINDS))
        earlier = self.runners.get(runner.entrant_id)
        if earlier is not None and runner.scratched and not earlier.scratched:
            self.expected.scratchings.append((at, runner.entrant_id))
        self.runners[runner.entrant_id] = runner
        told = dict.fromkeys(KINDS) if runner.scratched else runner.prices
        for kind, price in told.items():
            if known[kind] != price:
                known[kind] = price
                self.expected.odds_history[runner.entrant_id, kind, at] = price
        self.expected.fluctuations.setdefault(runner.entrant_id, set()).update(runner.fluctuations)
        price = known["fixed_win"]
        if self._now().status == "open" and price is not None:
            self.seen_open.setdefault(runner.entrant_id, []).append((at, price))

    def _pools(self, at: datetime) -> None:
        if self.pools is None:
            return
        row: Row = {f"{name}_pool_total": self.pools.get(name) for name in POOLS}
        known = [total for total in row.values() if isinstance(total, int)]
        row["total_race_pool"] = sum(known) if known else None
        last = next(reversed(self.expected.pools_history.values()), dict.fromkeys(row))
        if row != last:
            self.expected.pools_history[at] = row
        self.expected.pools = row | {"extracted_pools": len(known), "other_pools": self.other_pools}

    def _figures(self) -> dict[str, Figures]:
        live = {i: r for i, r in self.runners.items() if not r.scratched}
        invested = self.investments
        if invested:
            known = {i: invested[r.number] for i, r in live.items() if r.number in invested}
            whole = sum(known.values())
            shares = {i: rule.Fraction(amount) / rule.Fraction(whole) for i, amount in known.items()} if whole else {}
        else:
            known, shares = {}, rule.tote_shares({i: self.prices[i]["pool_win"] for i in live})
        return {
            i: rule.figures(
                (self.money or {}).get(i),
                self.pools or {},
                shares.get(i),
                ("trends" if invested else "odds") if i in shares else None,
                rule.nearest(rule.Fraction(known[i])) if i in known else None,
            )
            for i in self.runners
        }

    def _flow(self, at: datetime) -> None:
        place = self._placed(at)
        for entrant, figures in self._figures().items():
            last = self.flow.get(entrant, {})
            row = _as_row(figures)
            if all(last.get(name) == value for name, value in row.items()):
                continue
            row |= place | {"event_timestamp": at, "type": "hold_percentage"}
            for increments, amount in rule.SERIES:
                earlier = last.get(f"known_{amount}")
                row[increments] = rule.increment(row[amount], earlier, place["time_interval"])
            row["incremental_amount"] = row["incremental_win_amount"]
            self.expected.money_flow_history[entrant, at] = row
            known = {f"known_{a}": row[a] if row[a] is not None else last.get(f"known_{a}") for _, a in rule.SERIES}
            self.flow[entrant] = row | known

    def _buckets(self, at: datetime, *, only_new: bool) -> None:
        if self._now().status != "open":
            return
        place = self._placed(at)
        stored = self.expected.money_flow_buckets
        for entrant, figures in self._figures().items():
            key = (place["time_interval"], entrant)
            if only_new and key in stored:
                continue
            stamps: Row = {"event_timestamp": at, "polling_timestamp": at, "type": "bucketed_aggregation"}
            scratched: Row = {"scratched": self.runners[entrant].scratched}
            stored[key] = _as_row(figures) | place | self.prices[entrant] | stamps | scratched

    def _placed(self, at: datetime) -> Row:
        seconds = rule.seconds_to_start(self._now().start, at)
        return {
            "time_interval": rule.bucket_of(seconds),
            "interval_type": rule.interval_type(seconds),
            "time_to_start": int(seconds // 60),
            "time_to_start_seconds": int(seconds // 1),
        }

    def _results(self, at: datetime) -> None:
        now = self._now()
        self.results = now.results if now.results is not None else self.results
        self.dividends = now.dividends if now.dividends is not None else self.dividends
        if self.results is None and self.dividends is None:
            return
        finals = any(row[3] == "final" for row in self.dividends or ())
        result_status = now.status if now.status in {"interim", "final"} else "final" if finals else "interim"
        row: Row = {
            "result_status": result_status, "results": self.results or (), "dividends": self.dividends or (),
            "protest_lodged": now.protest, "protest_text": now.protest_text,
        }  # fmt: skip
        last = self.expected.results[-1] if self.expected.results else {}
        if any(last.get(name, ...) != value for name, value in row.items()):
            self.expected.results.append(row | {"recorded_at": at})

    def _now(self) -> Facts:
        if self.facts is None:
            raise ValueError("no answer yet")
        return self.facts

    def finish(self) -> Expected:
        if self.facts is not None:
            _derive_buckets(self.expected.money_flow_buckets)
            self._finish_race(self.facts)
            all_figures = self._figures()
            for entrant, runner in self.runners.items():
                self.expected.entrants[entrant] = self._entrant(runner, all_figures[entrant])
        return self.expected

    def _finish_race(self, facts: Facts) -> None:
        live = [self.prices[i]["fixed_win"] for i, r in self.runners.items() if not r.scratched]
        removed = {i: sums for i, sums in (self.money or {}).items() if i not in self.runners}
        self.expected.race |= facts.plain | {
            "status": facts.status, "start_time": facts.start, "actual_start": facts.actual_start,
            "market_percentage": rule.market_percentage(live), "tracker_removed": removed,
            "result_status": self.expected.results[-1]["result_status"] if self.expected.results else None,
        }  # fmt: skip

    def _entrant(self, runner: Runner, figures: Figures) -> Row:
        row = _as_row(figures) | self.prices[runner.entrant_id] | runner.plain
        del row["win_pool_percentage"], row["place_pool_percentage"]  # only the series have them
        row |= {
            "name": runner.name, "runner_number": runner.number,
            "is_scratched": runner.scratched, "scratch_time": runner.scratch_time,
        }  # fmt: skip
        seen = self.seen_open.get(runner.entrant_id, [])
        actual = self._now().actual_start
        proof = self._now().status != "open" and actual is not None and actual != self._now().start
        counted = [price for at, price in seen if not proof or (actual is not None and at <= actual)]
        row["closing_price"] = counted[-1] if counted else None
        if runner.scratched and self._now().status != "open":
            row["closing_price"] = None  # our reading: who did not run has no closing price, for that reason
        if seen:  # the specification does not say what they are of a runner never seen in an open race
            prices = [price for _, price in seen]
            row |= {"opening_price": prices[0], "high_price": max(prices), "low_price": min(prices)}
        return row


def _as_row(figures: Figures) -> Row:
    return {each.name: getattr(figures, each.name) for each in fields(figures)}


def _derive_buckets(buckets: dict[tuple[Decimal, str], Row]) -> None:
    """Fill in increments against the nearest earlier bucket that knows the amount, then the indicators."""
    known: dict[tuple[str, str], int] = {}
    by_bucket: dict[Decimal, dict[str, Row]] = {}
    for (bucket, entrant), row in sorted(buckets.items(), reverse=True):
        by_bucket.setdefault(bucket, {})[entrant] = row
        for increments, amount in rule.SERIES:
            row[increments] = rule.increment(row[amount], known.get((entrant, amount)), bucket)
            if row[amount] is not None:
                known[entrant, amount] = row[amount]
        row["incremental_amount"] = row["incremental_win_amount"]
    for bucket, rows in by_bucket.items():
        before = by_bucket.get(rule.previous_bucket(bucket), {})
        grown, grown_before = ({e: r["incremental_win_amount"] for e, r in some.items()} for some in (rows, before))
        money = rule.money_indicators(grown, grown_before)
        for entrant, row in rows.items():
            row["money_indicator"] = money[entrant]
            row["odds_indicator"] = rule.odds_indicator(row, before.get(entrant))
            if row.pop("scratched") and entrant in before:
                row["money_indicator"] = row["odds_indicator"] = Decimal("0.00")

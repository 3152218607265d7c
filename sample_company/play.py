"""The play: day by day, what each customer decides.

A calendar holds what is to come. Some of it is decided on its day (a review of a contract, a
renewal, a notice), and mood has a say; some just happens (a takeover, a ramp's next step, a
line's end, grace running out). Decisions stop the day before the last day, because the loader
that runs on the last morning has seen nothing later.

How each kind of history comes about is said where it is played; the shares are meant to make
all of them occur among a thousand customers.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from sample_company import catalogue, offers, renewals
from sample_company.arithmetic import ZERO, add_months, month_start
from sample_company.billing import Billing, comment_on
from sample_company.book import ONE_DAY, Book, Contract, Line, Order
from sample_company.catalogue import PRODUCTS, list_price
from sample_company.crm import Crm, Opportunity, spells_of_care
from sample_company.mood import live_through, reason_for_loss
from sample_company.offers import Customer, has_pending_steps, live_lines
from sample_company.rates import Rates
from sample_company.world import Account, Holding, Term, World

GRACE_DAYS = 90
_TERMS = ([12, 24, 36, 6, 2, 18], [60, 15, 12, 4, 4, 5])
_LOGISTIC_MIDDLE, _LOGISTIC_SLOPE = 0.36, 8.5


class Play:
    """Plays the company from the world's first day to its last."""

    def __init__(self, world: World, customers: int) -> None:
        """Set the stage for a number of customers (accounts that sign at least once)."""
        self.world = world
        self.rates = Rates(world)
        self.crm = Crm(world, customers)
        self.billing = Billing(world, self.rates)
        self.customers: list[Customer] = []
        self.histories: dict[str, int] = {}  # kind of history -> times played
        self.without_crm_record: list[Account] = []
        self._campaigns: dict[str, tuple[Opportunity, str | None]] = {}
        self._calendar: list[tuple[date, int, Callable[[date], None]]] = []
        self._sequence = 0
        self._target = customers

    # The calendar

    def _decide(self, day: date, act: Callable[[date], None]) -> None:
        """Put a decision on the calendar; dropped where it would come too late to be seen."""
        if day < self.world.last_day:
            self._put(day, act)

    def _happen(self, day: date, act: Callable[[date], None]) -> None:
        """Put something that needs no entry on the calendar."""
        if day <= self.world.last_day:
            self._put(day, act)

    def _put(self, day: date, act: Callable[[date], None]) -> None:
        self._sequence += 1
        heapq.heappush(self._calendar, (day, self._sequence, act))

    def _look(self, day: date, act: Callable[[date], None]) -> None:
        """Look at what stands when a day begins, before anything happens on it."""
        if day <= self.world.last_day:
            self._sequence += 1
            heapq.heappush(self._calendar, (day, -self._sequence, act))

    def _note(self, history: str) -> None:
        self.histories[history] = self.histories.get(history, 0) + 1

    def run(self) -> None:
        """Play all of it."""
        self.rates.write(self.world)
        self.billing.write_products()
        self._cast()
        while self._calendar:
            day, _, act = heapq.heappop(self._calendar)
            act(day)
        for customer in self.customers:
            customer.book.close_day()
            self._tell_the_world(customer)

    # Customers arrive

    def _cast(self) -> None:
        """Decide who comes when: more in the early years, prospects that never sign among them.

        Every 500th customer's account never reaches the warehouse from the CRM.
        """
        world = self.world
        dice = world.dice("cast")
        span = (world.last_day - world.first_day).days
        arrivals = sorted(
            world.first_day
            + timedelta(days=min(span - 2, 3 + int((span - 20) * dice.random() ** 1.7)))
            for _ in range(self._target)
        )
        known: list[Account] = []
        for number, day in enumerate(arrivals, start=1):
            own = world.dice("customer", str(number))
            met = max(world.first_day, day - timedelta(days=own.randint(10, 120)))
            account = self.crm.meet(number, met, own, known[-200:])
            live_through(world, account, day, own)
            spells_of_care(account, day, world.last_day, world.user_ids_by_role["csm"], own)
            self.crm.staff(account, own)
            seats = int(max(4, min(2500, account.employee_count * own.uniform(0.04, 0.3))))
            customer = Customer(account, Book(account.account_id), own, seats)
            self.customers.append(customer)
            if number % 500 == 250:
                self.without_crm_record.append(account)
            else:
                world.accounts.append(account)
                known.append(account)
            self._decide(day, lambda d, c=customer: self._first_signature(c, d))
        for number in range(self._target + 1, self._target + 1 + self._target // 12):
            own = world.dice("prospect", str(number))
            met = world.first_day + timedelta(days=own.randint(0, span - 1))
            account = self.crm.meet(number, met, own, [])
            live_through(world, account, world.last_day, own)
            self.crm.staff(account, own)
            world.accounts.append(account)
            lost = self.crm.open_opportunity(
                account, "new", met, Decimal(own.randint(4, 90) * 1000), account.currency, own
            )
            self._decide(
                met + timedelta(days=own.randint(20, 120)),
                lambda d, o=lost, r=own: self.crm.close(o, d, False, r),
            )

    def _is_in_crm(self, customer: Customer) -> bool:
        return customer.account not in self.without_crm_record

    def _first_signature(self, customer: Customer, day: date) -> None:
        """The first contract; now and then it was voided and written anew."""
        dice = customer.dice
        if dice.random() < 0.025:
            voided = self._write_contract(customer, day, is_void=True)
            self._decide(
                day + timedelta(days=dice.randint(2, 9)),
                lambda d: self._write_again(customer, voided, d),
            )
        else:
            self._write_contract(customer, day)
        self._decide(
            day + timedelta(days=dice.randint(25, 40)), lambda d: self._review(customer, d)
        )

    def _write_again(self, customer: Customer, voided: Contract, day: date) -> None:
        self.billing.void_contract(voided, day)
        self._note("voided contract")
        self._write_contract(customer, day)

    def _write_contract(
        self,
        customer: Customer,
        day: date,
        *,
        is_void: bool = False,
        claims: str | None = None,
        predecessor: Contract | None = None,
    ) -> Contract:
        """A contract that renews nothing: a first, a further one, or (with predecessor) a return.

        One in twelve is signed after its service began, one in thirty entered weeks later.
        """
        dice, account, world = customer.dice, customer.account, self.world
        months = dice.choices(*_TERMS)[0]
        start = day + timedelta(days=dice.randint(0, 30))
        if dice.random() < 0.4:
            start = add_months(start.replace(day=1), 1)
        if predecessor is None and dice.random() < 0.08:
            start = day - timedelta(days=dice.randint(3, 25))
            self._note("signed after service began")
        if predecessor is not None:
            start = max(start, self._last_service(predecessor) + ONE_DAY)
        entered = day
        if not is_void and dice.random() < 0.035:
            entered = self._later_entry(day, dice.randint(15, 50))
        contract = self.billing.draft(
            account,
            day,
            start,
            add_months(start, months) - ONE_DAY,
            account.currency,
            predecessor=predecessor,
            claims=claims,
            entered_on=entered,
        )
        contract.term_months = months
        contract.is_return = predecessor is not None
        order_type = "renewal" if predecessor is not None and dice.random() < 0.7 else "new"
        order = self.billing.order(contract, order_type, day, entered)
        offers.first_order(self.billing, customer, order)
        self._win(customer, order, "renewal" if predecessor else "new", day)
        self.billing.write_contract(contract)
        self.billing.write_order(order)
        if is_void:
            return contract
        if entered > day:
            self._note("late-entered contract")
        if predecessor is not None:
            predecessor.renewal = contract
        customer.book.sign(order.lines, day, "came back" if predecessor else "signed a contract")
        self._stand(customer, contract)
        assert world.first_day <= day
        return contract

    def _later_entry(self, day: date, days: int) -> date:
        """The day of a late entry; the day itself where the late one would not be seen."""
        later = day + timedelta(days=days)
        return later if later < self.world.last_day - timedelta(days=2) else day

    def _last_service(self, contract: Contract) -> date:
        return max(
            (line.service_to for line in contract.lines if line.is_recurring), default=contract.end
        )

    def _win(self, customer: Customer, order: Order, kind: str, day: date) -> None:
        """The opportunity that an order closes; some orders were never in the pipeline."""
        dice, account = customer.dice, customer.account
        if not self._is_in_crm(customer) or (kind == "add_on" and dice.random() < 0.2):
            return
        annual = sum((line.annual for line in order.lines if line.is_recurring), ZERO)
        began = max(account.created_on, day - timedelta(days=dice.randint(4, 70)))
        opportunity = self.crm.open_opportunity(
            account, kind, began, annual, order.contract.currency, dice, day
        )
        self.crm.close(opportunity, day, True, dice, annual)
        order.opportunity_id = opportunity.opportunity_id

    def _stand(self, customer: Customer, contract: Contract) -> None:
        """A contract stands: what will become of its lines and of itself goes on the calendar."""
        customer.contracts.append(contract)
        customer.account.terms.append(
            Term(
                contract.contract_id,
                contract.signed_on,
                contract.start,
                contract.end,
                contract.predecessor.contract_id if contract.predecessor else None,
                not customer.account.terms,
            )
        )
        self._follow(customer, contract.lines)
        month = month_start(contract.end)
        if contract.signed_on < month:
            self._look(month, lambda d: renewals.note_expected(customer, contract, d))
        elif month <= self.world.last_day:
            renewals.note_expected(customer, contract, contract.signed_on + ONE_DAY)
        term_days = (contract.end - contract.start).days + 1
        lead = min(160, term_days // 2)
        self._decide(
            contract.end - timedelta(days=customer.dice.randint(lead * 3 // 4, lead)),
            lambda d: self._campaign(customer, contract, d),
        )
        grace = min(GRACE_DAYS, term_days)
        self._happen(
            contract.end + timedelta(days=grace + 1),
            lambda d: self._grace_over(customer, contract, d),
        )

    def _follow(self, customer: Customer, lines: list[Line]) -> None:
        """Steps and ends of lines that differ from their contract's."""
        book = customer.book
        for line in lines:
            if not line.is_recurring:
                continue
            if line.step_of is not None:
                self._happen(line.start, lambda d, ln=line: self._step(customer, ln, d))
            is_under_ramp = line.reduces is not None and line.reduces.next_step is not None
            if not line.ends_with_contract and line.next_step is None and not is_under_ramp:
                self._happen(line.end + ONE_DAY, lambda d, ln=line: book.end_line(ln, d))
            if line.end > line.contract.end:
                self._note("line that outlives its contract")
            elif line.end < line.contract.end and line.next_step is None:
                self._note("line that ends before its contract")

    def _step(self, customer: Customer, line: Line, day: date) -> None:
        step_of = line.step_of
        assert step_of is not None
        if step_of.is_committed and line.commit_from is None:
            self._note(
                "ramp step, another SKU"
                if line.sku != step_of.sku
                else "ramp step, linked"
                if line.prior
                else "ramp step, not linked"
            )
        customer.book.step(line, day)

    def _grace_over(self, customer: Customer, contract: Contract, day: date) -> None:
        """Nobody answered in time: the term lapses; its reason may be learnt afterwards."""
        if contract.renewal is not None and not contract.renewal.is_return:
            return
        live = [line for line in live_lines(contract) if line.ends_with_contract and line.amount]
        contract.is_settled = True
        dice = customer.dice
        reason = reason_for_loss(customer.account, day, dice) if dice.random() < 0.55 else None
        if not live or day >= self.world.last_day:
            reason = None
        if live:
            self._note("lapse with reason" if reason else "lapse without reason")
        customer.book.lapse(contract, day, reason)
        if reason:
            self.billing.note_reason(contract, day, reason)
        if live:
            self._close_campaign(customer, contract, day, False)
            self._maybe_return(customer, contract, day, "after grace")

    # Between renewals

    def _review(self, customer: Customer, day: date) -> None:
        """Once a month, a look at one running contract: grow, shrink, change or leave it."""
        dice = customer.dice
        self._decide(
            day + timedelta(days=dice.randint(26, 34)), lambda d: self._review(customer, d)
        )
        running = [
            contract
            for contract in customer.contracts
            if not contract.is_settled
            and contract.renewal is None
            and contract.start + timedelta(days=20) <= day <= contract.end - timedelta(days=36)
            and day >= contract.signed_on + timedelta(days=60)
            and contract.predecessor_is_over(day)
            and any(line.amount for line in live_lines(contract))
        ]
        if not running:
            return
        contract = dice.choice(running)
        mood = customer.mood_on(day, self.world.first_day)
        low, high = max(0.0, 0.55 - mood), max(0.0, mood - 0.45)
        acts: list[tuple[float, Callable[[Customer, Contract, date], None]]] = [
            (0.018 + 0.10 * high, self._add_on),
            (0.003 + 0.055 * low, self._reduce),
            (0.0025 + 0.03 * low, self._cancel_product),
            (0.001 + 0.022 * low, self._leave_within_term),
            (0.0022 + 0.012 * low, self._reduce_to_nothing),
            (0.005 + 0.01 * high, self._migrate),
            (0.002 + 0.008 * high, self._second_contract),
            (0.003 + 0.012 * high, self._blend_and_extend),
            (0.0015, self._void_order),
        ]
        draw = dice.random()
        for chance, act in acts:
            if draw < chance:
                act(customer, contract, day)
                return
            draw -= chance

    def _add_on(self, customer: Customer, contract: Contract, day: date) -> None:
        """More seats, or a product more: to the contract's end, for a while, or beyond it."""
        dice = customer.dice
        order = self._add_on_order(customer, contract, day)
        self._win(customer, order, "add_on", day)
        self.billing.write_order(order)
        if order.entered_on > day:
            self._note("late-entered order")
        customer.book.sign(order.lines, day, "added to a contract")
        self._follow(customer, order.lines)
        for line in order.lines:
            if line.end < contract.end and dice.random() < 0.5:
                self._decide(
                    line.end - timedelta(days=dice.randint(3, 25)),
                    lambda d, ln=line: self._extend_line(customer, ln, d),
                )

    def _add_on_order(self, customer: Customer, contract: Contract, day: date) -> Order:
        dice = customer.dice
        entered = day
        if dice.random() < 0.08:
            entered = self._later_entry(day, dice.randint(14, 60))
        order = self.billing.order(contract, "add_on", day, entered)
        live = live_lines(contract)
        closed = contract.closed_skus(day - timedelta(days=45))  # it may be backdated
        live = [line for line in live if line.sku not in closed]
        held = {line.sku for c in customer.contracts for line in live_lines(c)} | closed
        seats = [ln for ln in live if PRODUCTS[ln.sku].unit == "seat" and ln.list_unit_price]
        extra = offers.extra_of(dice, held)
        start = max(contract.start, day + timedelta(days=dice.randint(0, 20)))
        if dice.random() < 0.07:
            start = max(contract.start, day - timedelta(days=dice.randint(5, 40)))
            self._note("backdated add-on")
        end, draw = contract.end, dice.random()
        room = (contract.end - start).days
        if draw < 0.17 and room > 120:
            end = start + timedelta(days=dice.randint(45, room - 40))
            self._note("short-term add-on")
        elif draw < 0.25:
            end = add_months(contract.end, dice.randint(2, 6))
        else:
            self._note("co-termed add-on")
        more_of_same = seats and (
            dice.random() < 0.55 or extra is None or (end > contract.end and dice.random() < 0.3)
        )
        if more_of_same:
            line = dice.choice(seats)
            quantity = max(1, int(line.units * Decimal(str(round(dice.uniform(0.05, 0.4), 2)))))
            sku, number = line.sku, Decimal(quantity)
        else:
            sku = extra or "SBX-ENV"
            number = offers.quantity_of(dice, sku, customer.seats)
        self.billing.line(
            order,
            sku,
            number,
            list_price(sku, contract.currency, day),
            offers.discount_of(dice) if dice.random() > 0.04 else offers.FREE,
            start,
            end,
        )
        return order

    def _extend_line(self, customer: Customer, line: Line, day: date) -> None:
        """A short-term add-on is extended: a line that continues it, by another order."""
        contract = line.contract
        if contract.is_settled or not line.is_committed or line.units != line.quantity:
            return
        order = self.billing.order(contract, "add_on", day)
        step = self.billing.line(
            order,
            line.sku,
            line.quantity,
            list_price(line.sku, contract.currency, day),
            offers.discount_of(customer.dice),
            line.end + ONE_DAY,
            contract.end,
            prior=line,
            step_of=line,
        )
        self.billing.write_order(order)
        customer.book.sign([step], day, "extended an add-on")
        self._follow(customer, [step])
        self._note("short-term add-on extended")

    def _reduce(self, customer: Customer, contract: Contract, day: date) -> None:
        """Some of a line's units are given back; the reduction names the line and its reason."""
        dice = customer.dice
        lines = [
            ln
            for ln in live_lines(contract)
            if ln.start <= day
            and ln.units >= 4
            and ln.amount
            and PRODUCTS[ln.sku].unit != "flat"
            and ln.end > day + timedelta(days=50)
        ]
        if not lines:
            return
        line = dice.choice(lines)
        taken = max(1, int(line.units * Decimal(str(round(dice.uniform(0.08, 0.5), 2)))))
        self._write_reduction(customer, [(line, Decimal(taken))], contract, day)
        self._note("reduction")

    def _write_reduction(
        self, customer: Customer, taken: list[tuple[Line, Decimal]], contract: Contract, day: date
    ) -> None:
        dice = customer.dice
        reason = reason_for_loss(customer.account, day, dice)
        order = self.billing.order(contract, "reduction", day)
        start = day + timedelta(days=dice.randint(0, 30))
        for line, units in taken:
            self.billing.line(
                order,
                line.sku,
                -units,
                line.list_unit_price,
                line.discount_percent,
                start,
                line.end,
                prior=line,
                reduces=line,
                reason=reason,
                comment=comment_on(reason, dice),
            )
        self.billing.write_order(order)
        customer.book.sign(order.lines, day, "gave units back")
        self._follow(customer, order.lines)

    def _reduce_to_nothing(self, customer: Customer, contract: Contract, day: date) -> None:
        """Everything is given back: the family is left without commitment within the term.

        Only in the reporting currency, where a reduction is worth what it takes to the cent.
        """
        lines = [line for line in live_lines(contract) if line.amount]
        if (
            contract.currency != "USD"
            or has_pending_steps(contract)
            or any(
                ln.units != ln.quantity or ln.end != contract.end or ln.start > day for ln in lines
            )
            or self._lives_elsewhere(customer, contract)
        ):
            return
        self._write_reduction(customer, [(ln, ln.quantity) for ln in lines], contract, day)
        contract.is_settled = True
        self._note("reduction to nothing")
        self._maybe_return(customer, contract, day, "reduction to nothing")

    def _lives_elsewhere(self, customer: Customer, contract: Contract) -> bool:
        """Whether the family has committed lines under another of its contracts."""
        return any(
            line.is_committed and line.contract is not contract
            for line in customer.book.lines
            if line.contract.family_id == contract.family_id
        )

    def _cancel_product(self, customer: Customer, contract: Contract, day: date) -> None:
        """Notice for one product, within the term or for its end; some buy it again later."""
        dice = customer.dice
        live = [line for line in live_lines(contract) if line.amount and line.start <= day]
        changing = {line.sku for line in live if line.last_of_ramp().sku != line.sku}
        skus = sorted({line.sku for line in live} - changing)
        if len(skus) < 2 or self._has_reduced_ramp(contract):
            return
        sku = dice.choice([s for s in skus if s not in catalogue.CORE] or skus)
        effective = contract.end + ONE_DAY
        if dice.random() < 0.65:
            effective = min(effective, day + timedelta(days=dice.randint(10, 60)))
        self._give_notice(customer, contract, sku, day, effective)
        self._note("product cancelled")
        back = effective + timedelta(days=dice.randint(0, 90))
        if effective <= contract.end and dice.random() < 0.4:
            self._decide(back, lambda d: self._buy_again(customer, contract, sku, d))

    def _buy_again(self, customer: Customer, contract: Contract, sku: str, day: date) -> None:
        if contract.is_settled or contract.renewal or day > contract.end - timedelta(days=30):
            return
        if sku in contract.closed_skus(day):
            return
        order = self.billing.order(contract, "add_on", day)
        self.billing.line(
            order,
            sku,
            offers.quantity_of(customer.dice, sku, customer.seats),
            list_price(sku, contract.currency, day),
            offers.discount_of(customer.dice),
            day,
            contract.end,
        )
        self._win(customer, order, "add_on", day)
        self.billing.write_order(order)
        customer.book.sign(order.lines, day, "bought a cancelled product again")
        self._note("product cancelled and bought again")

    def _has_reduced_ramp(self, contract: Contract) -> bool:
        """Whether a reduction hangs on a ramp step that will be followed by another."""
        return any(
            line.is_committed and line.reduces is not None and line.reduces.next_step is not None
            for line in contract.lines
        )

    def _give_notice(
        self,
        customer: Customer,
        contract: Contract,
        sku: str | None,
        day: date,
        effective: date,
        reason: str | None = None,
    ) -> None:
        """Notice for a contract or a product: committed lines are lost on the day of the notice."""
        dice = customer.dice
        reason = reason or reason_for_loss(customer.account, day, dice)
        entered = day
        if dice.random() < 0.06:
            entered = self._later_entry(day, dice.randint(12, 45))
            if entered > day:
                self._note("backdated notice")
        self.billing.cancellation(
            contract, sku, day, effective, reason, comment_on(reason, dice), entered
        )
        covered = [
            line
            for line in contract.lines
            if line.is_recurring and (sku is None or line.sku == sku)
        ]
        if sku is not None:
            contract.cancelled_skus[sku] = max(
                effective, contract.cancelled_skus.get(sku, effective)
            )
        for line in covered:
            line.service_to = min(line.service_to, effective - ONE_DAY)
            if sku is not None:
                line.cancelled_from = min(effective, line.cancelled_from or effective)
        lost = [
            line
            for line in covered
            if effective <= line.last_of_ramp().end + ONE_DAY or day > line.last_of_ramp().end
        ]
        timing = "mid_term" if effective <= contract.end else "renewal"
        if day > contract.end:
            timing = "renewal"
        what = "a product" if sku else "a contract"
        customer.book.notice(lost, day, timing, f"notice for {what}", reason)
        if sku is None:
            contract.is_settled = True
            contract.ends_by_notice_on = effective

    def _leave_within_term(self, customer: Customer, contract: Contract, day: date) -> None:
        """Notice that takes effect within the term; some keep an archive, signed the same day."""
        dice = customer.dice
        effective = day + timedelta(days=dice.randint(5, 60))
        if effective > contract.end or self._has_reduced_ramp(contract):
            return
        if dice.random() < 0.3 and not self._lives_elsewhere(customer, contract):
            self._leave_for_archive(customer, contract, day, effective, contract.end)
        elif dice.random() < 0.5 and contract.currency == "USD":
            self._shrink_to_archive(customer, contract, day)
        else:
            self._give_notice(customer, contract, None, day, effective)
            self._note("notice within the term")
            self._maybe_return(customer, contract, day, "notice within the term")

    def _leave_for_archive(
        self, customer: Customer, contract: Contract, day: date, effective: date, until: date
    ) -> None:
        """Every product is cancelled and read-only access bought on the very day."""
        skus = sorted({ln.sku for ln in live_lines(contract) if not PRODUCTS[ln.sku].is_archive})
        reason = reason_for_loss(customer.account, day, customer.dice)
        if (
            not skus
            or has_pending_steps(contract)
            or any(PRODUCTS[ln.sku].is_archive for ln in live_lines(contract))
        ):
            return
        for sku in skus:
            self._give_notice(customer, contract, sku, day, effective, reason)
        order = self.billing.order(contract, "add_on", day)
        self.billing.line(
            order, "ARC-RO", 1, list_price("ARC-RO", contract.currency, day), 0, day, until
        )
        self.billing.write_order(order)
        customer.book.sign(order.lines, day, "kept read-only access")
        self._follow(customer, order.lines)
        self._note("left for an archive by notice")

    def _shrink_to_archive(self, customer: Customer, contract: Contract, day: date) -> None:
        """A contract of one plain line is exchanged for an archive within the term."""
        lines = [line for line in live_lines(contract) if line.amount]
        if (
            len(lines) != 1
            or len(live_lines(contract)) != 1
            or lines[0].units != lines[0].quantity
            or lines[0].end != contract.end
            or lines[0].start > day
            or has_pending_steps(contract)
            or self._lives_elsewhere(customer, contract)
            or PRODUCTS[lines[0].sku].is_archive
        ):
            return
        self._exchange(customer, lines[0], lines[0].quantity, ["ARC-EXP"], day)
        self._note("exchanged for an archive within the term")

    def _migrate(self, customer: Customer, contract: Contract, day: date) -> None:
        """A plan is changed within the term, for some of its units or (in dollars) for all."""
        dice = customer.dice
        held = {line.sku for line in live_lines(contract)} | set(contract.cancelled_skus)
        lines = [
            ln
            for ln in live_lines(contract)
            if ln.sku in catalogue.MIGRATIONS
            and ln.amount
            and ln.end == contract.end
            and ln.start <= day
            and ln.step_of is None
            and ln.units == ln.quantity
        ]
        if not lines:
            return
        line = dice.choice(lines)
        parts = [t for t in catalogue.SPLITS.get(line.sku, []) if t not in held]
        targets = [t for t in catalogue.MIGRATIONS[line.sku] if t not in held]
        if len(parts) == 2 and dice.random() < 0.3:
            chosen = parts
        elif targets:
            chosen = [dice.choice(targets)]
        else:
            return
        units = line.quantity
        if contract.currency != "USD" or dice.random() < 0.4:
            units = (units * Decimal(str(round(dice.uniform(0.3, 0.7), 2)))).quantize(Decimal(1))
        if units >= 1 and (units < line.quantity or contract.currency == "USD"):
            self._exchange(customer, line, units, chosen, day)
            self._note("plan migrated within the term")

    def _exchange(
        self, customer: Customer, line: Line, units: Decimal, targets: list[str], day: date
    ) -> None:
        """A reduction and an add-on, signed on one day, that name the same line."""
        dice, contract = customer.dice, line.contract
        start = day + timedelta(days=dice.randint(0, 15))
        reduction = self.billing.order(contract, "reduction", day)
        taken = self.billing.line(
            reduction,
            line.sku,
            -units,
            line.list_unit_price,
            line.discount_percent,
            start,
            line.end,
            prior=line,
            reduces=line,
            reason=None,
            comment="Plan change",
        )
        addition = self.billing.order(contract, "add_on", day)
        for target in targets:
            number = units if PRODUCTS[target].unit != "flat" else Decimal(1)
            self.billing.line(
                addition,
                target,
                number,
                list_price(target, contract.currency, day),
                offers.discount_of(dice),
                start,
                line.end,
                prior=line,
            )
        self._win(customer, addition, "add_on", day)
        self.billing.write_order(reduction)
        self.billing.write_order(addition)
        customer.book.migrate(taken, addition.lines, day, "changed plan within the term")

    def _second_contract(self, customer: Customer, _contract: Contract, day: date) -> None:
        """Another contract beside the first; a few name a predecessor that nobody knows."""
        if len(customer.contracts) > 8:
            return
        claims = None
        if customer.dice.random() < 0.1 and self._is_in_crm(customer):
            claims = f"LEGACY-{customer.dice.randint(100, 999)}"
            self._note("unknown predecessor")
        self._write_contract(customer, day, claims=claims)
        self._note("second contract")

    def _blend_and_extend(self, customer: Customer, contract: Contract, day: date) -> None:
        """Renewed from within the term, some months before its end."""
        start = day + timedelta(days=customer.dice.randint(0, 20))
        left = (contract.end - day).days
        if (
            not 70 < left < 330
            or has_pending_steps(contract)
            or any(line.start > day for line in live_lines(contract))
            or any(line.end + ONE_DAY == start for line in live_lines(contract))
        ):
            return
        self._renew(customer, contract, day, start)
        self._note("blend and extend")

    def _void_order(self, customer: Customer, contract: Contract, day: date) -> None:
        """An add-on that was entered by mistake and deleted after some days."""
        order = self.billing.order(contract, "add_on", day)
        sku = offers.extra_of(customer.dice, set()) or "SBX-ENV"
        self.billing.line(
            order,
            sku,
            offers.quantity_of(customer.dice, sku, customer.seats),
            list_price(sku, contract.currency, day),
            0,
            day + timedelta(days=20),
            contract.end,
        )
        self.billing.write_order(order)
        gone = day + timedelta(days=customer.dice.randint(1, 12))
        if gone < self.world.last_day:
            self.billing.void_order(order, gone)
            self._note("voided order")
        else:
            customer.book.sign(order.lines, day, "added to a contract")

    # Renewals

    def _campaign(self, customer: Customer, contract: Contract, day: date) -> None:
        """Months before a term ends its renewal is prepared, and the customer makes up its mind.

        The chance to leave is a logistic function of mood: a twentieth at 0.7, more than half
        at 0.3. What is decided comes about later, on the days that the outcome calls for.
        """
        if contract.is_settled or contract.renewal is not None:
            return
        if not any(ln.amount for ln in live_lines(contract) if ln.end == contract.end):
            return
        dice = customer.dice
        self._open_campaign(customer, contract, day)
        mood = customer.mood_on(day, self.world.first_day)
        chance = 0.012 + 1 / (1 + math.exp(_LOGISTIC_SLOPE * (mood - _LOGISTIC_MIDDLE)))
        if customer.mixes_in_archive:
            chance += 0.15
        if dice.random() < chance:
            self._plan_to_leave(customer, contract, day)
        else:
            self._plan_to_stay(customer, contract, day)

    def _open_campaign(self, customer: Customer, contract: Contract, day: date) -> None:
        dice = customer.dice
        if not self._is_in_crm(customer):
            return
        annual = sum((ln.annual for ln in live_lines(contract) if ln.end == contract.end), ZERO)
        opportunity = self.crm.open_opportunity(
            customer.account, "renewal", day, annual, contract.currency, dice, contract.end
        )
        self._campaigns[contract.contract_id] = (opportunity, None)
        if dice.random() < 0.85:
            self._decide(
                max(day, contract.end - timedelta(days=dice.randint(60, 165))),
                lambda d: self._quote(customer, contract, annual, d),
            )

    def _quote(self, customer: Customer, contract: Contract, annual: Decimal, day: date) -> None:
        campaign = self._campaigns.get(contract.contract_id)
        if campaign is None or campaign[0].row["is_closed"]:
            return
        contract.first_quote_on = contract.first_quote_on or day
        raised = (annual * Decimal("1.04")).quantize(Decimal("0.01"))
        quote_id = self.billing.quote(contract, day, raised, contract.currency)
        self.crm.advance(campaign[0], day, customer.dice)
        self._campaigns[contract.contract_id] = (campaign[0], quote_id)

    def _close_campaign(
        self,
        customer: Customer,
        contract: Contract,
        day: date,
        is_won: bool,
        order: Order | None = None,
    ) -> None:
        opportunity, quote_id = self._campaigns.get(contract.contract_id, (None, None))
        if opportunity is None or opportunity.row["is_closed"] or day >= self.world.last_day:
            return
        amount = None
        if order is not None:
            amount = sum((line.annual for line in order.lines if line.is_recurring), ZERO)
            order.opportunity_id = opportunity.opportunity_id
        self.crm.close(opportunity, day, is_won, customer.dice, amount)
        if quote_id is not None:
            lost = customer.dice.choice(["declined", "expired"])
            self.billing.answer_quote(quote_id, day, "accepted" if is_won else lost)

    def _plan_to_leave(self, customer: Customer, contract: Contract, day: date) -> None:
        """Notice before the end, silence, late notice, an archive, a renewal to nothing, ..."""
        dice, due = customer.dice, contract.end
        ahead = max(2, (due - day).days - 1)
        soon = due - timedelta(days=dice.randint(1, min(ahead, 100)))
        draw = dice.random()
        if customer.mixes_in_archive and dice.random() < 0.6:
            draw = 0.70
        if draw < 0.36:
            self._decide(soon, lambda d: self._notice_for_the_end(customer, contract, d))
        elif draw < 0.56:
            self._note("silent term")
            if dice.random() < 0.2:
                self._decide(soon, lambda d: self._archive_beyond(customer, contract, d))
        elif draw < 0.66:
            grace = min(GRACE_DAYS, (contract.end - contract.start).days + 1)
            late = due + timedelta(days=dice.randint(3, grace - 3))
            self._decide(late, lambda d: self._late_notice(customer, contract, d))
        elif draw < 0.78:
            self._decide(
                soon, lambda d: self._renew(customer, contract, d, due + ONE_DAY, content="archive")
            )
        elif draw < 0.83:
            self._decide(
                soon, lambda d: self._renew(customer, contract, d, due + ONE_DAY, content="nothing")
            )
        elif draw < 0.91:
            early = day + timedelta(days=1)
            self._decide(early, lambda d: self._renew(customer, contract, d, due + ONE_DAY))
            gone = early + timedelta(days=max(1, (due - early).days * 2 // 3))
            self._decide(gone, lambda d: self._cancel_before_it_begins(customer, contract, d))
        elif draw < 0.95:
            self._decide(soon, lambda d: self._leave_products_for_archive(customer, contract, d))
        else:
            self._decide(day + ONE_DAY, lambda d: self._write_off(customer, contract, d))

    def _leave_products_for_archive(
        self, customer: Customer, contract: Contract, day: date
    ) -> None:
        if self._can_end(contract) and not self._lives_elsewhere(customer, contract):
            self._leave_for_archive(
                customer, contract, day, contract.end + ONE_DAY, add_months(contract.end, 12)
            )

    def _can_end(self, contract: Contract) -> bool:
        return not contract.is_settled and contract.renewal is None and bool(live_lines(contract))

    def _notice_for_the_end(self, customer: Customer, contract: Contract, day: date) -> None:
        """Notice before the end, effective the day after; at times product by product."""
        if not self._can_end(contract) or self._has_reduced_ramp(contract):
            return
        dice = customer.dice
        effective = contract.end + ONE_DAY
        if dice.random() < 0.2:
            reason = reason_for_loss(customer.account, day, dice)
            for sku in sorted({line.sku for line in live_lines(contract)}):
                self._give_notice(customer, contract, sku, day, effective, reason)
            contract.is_settled = True
        else:
            self._give_notice(customer, contract, None, day, effective)
        self._note("notice before the end")
        self._close_campaign(customer, contract, day, False)
        self._maybe_return(customer, contract, day, "notice before the end")

    def _archive_beyond(self, customer: Customer, contract: Contract, day: date) -> None:
        """Read-only access that outlives the contract, bought before the term ends in silence."""
        if not self._can_end(contract):
            return
        order = self.billing.order(contract, "add_on", day)
        self.billing.line(
            order,
            "ARC-RO",
            1,
            list_price("ARC-RO", contract.currency, day),
            0,
            day,
            add_months(contract.end, 12),
        )
        self.billing.write_order(order)
        customer.book.sign(order.lines, day, "bought read-only access")
        self._follow(customer, order.lines)
        self._note("archive that outlives a silent term")

    def _late_notice(self, customer: Customer, contract: Contract, day: date) -> None:
        """Notice during the grace after the term's end."""
        if not self._can_end(contract):
            return
        if any(line.end > contract.end for line in live_lines(contract)):
            return
        effective = contract.end + ONE_DAY
        if customer.dice.random() < 0.4:
            effective = day + timedelta(days=customer.dice.randint(0, 30))
        self._give_notice(customer, contract, None, day, effective)
        self._note("late notice")
        self._close_campaign(customer, contract, day, False)
        self._maybe_return(customer, contract, day, "late notice")

    def _write_off(self, customer: Customer, contract: Contract, day: date) -> None:
        """The company writes a contract off within its term: the customer is gone."""
        if not self._can_end(contract) or self._has_reduced_ramp(contract):
            return
        reason = customer.dice.choice(catalogue.UNAVOIDABLE_REASONS)
        effective = min(contract.end, day + timedelta(days=customer.dice.randint(1, 20)))
        self._give_notice(customer, contract, None, day, effective, reason)
        self._note("written off")
        self._close_campaign(customer, contract, day, False)

    def _plan_to_stay(self, customer: Customer, contract: Contract, day: date) -> None:
        """Early, on time, late within grace, with a gap, or too late; at times with a detour."""
        dice, due = customer.dice, contract.end
        ahead = max(2, (due - day).days - 1)
        grace = min(GRACE_DAYS, (contract.end - contract.start).days + 1)
        start = due + ONE_DAY
        draw = dice.random()
        if draw < 0.44:
            signed, history = due - timedelta(days=dice.randint(min(12, ahead), ahead)), "early"
        elif draw < 0.64:
            signed, history = due - timedelta(days=dice.randint(0, min(11, ahead))), "on time"
        elif draw < 0.84:
            signed = due + timedelta(days=dice.randint(1, grace - 2))
            history = "late within grace"
        elif draw < 0.92:
            gap = dice.randint(8, min(80, grace + 30))
            start = due + timedelta(days=gap)
            signed = due + timedelta(days=dice.randint(-min(ahead, 40), min(grace - 2, gap + 15)))
            history = "with a gap"
        elif draw < 0.96:
            return  # too busy to answer: lapses, and most of these come back
        else:
            signed, history = due - timedelta(days=dice.randint(1, ahead)), "early"
        if dice.random() < 0.04 and history == "early":
            self._decide(day + ONE_DAY, lambda d: self._notice_taken_back(customer, contract, d))
        if dice.random() < 0.025:
            self._decide(signed, lambda d: self._renew_voided(customer, contract, d, start))
            return
        if history == "late within grace" and dice.random() < 0.12:
            told = due + timedelta(days=max(1, (signed - due).days // 2))
            if told < signed:
                self._decide(told, lambda d: self._drop_product_late(customer, contract, d))
        self._decide(
            signed, lambda d: self._renew_as_planned(customer, contract, d, start, history)
        )

    def _renew_as_planned(
        self, customer: Customer, contract: Contract, day: date, start: date, history: str
    ) -> None:
        if self._renew(customer, contract, day, start):
            self._note(f"renewal {history}")

    def _drop_product_late(self, customer: Customer, contract: Contract, day: date) -> None:
        """Notice for one product while the rest is still being discussed after the end."""
        skus = sorted({ln.sku for ln in live_lines(contract) if ln.amount} - set(catalogue.CORE))
        paid = {ln.sku for ln in live_lines(contract) if ln.amount and ln.end == contract.end}
        if not self._can_end(contract) or not skus or len(paid - {skus[0]}) < 1:
            return
        if any(ln.sku == skus[0] and ln.end > contract.end for ln in live_lines(contract)):
            return
        self._give_notice(customer, contract, skus[0], day, contract.end + ONE_DAY)
        self._note("product cancelled in grace")

    def _notice_taken_back(self, customer: Customer, contract: Contract, day: date) -> None:
        """A notice that is withdrawn: in the end it was never given."""
        back = day + timedelta(days=customer.dice.randint(2, 20))
        if not self._can_end(contract) or back >= self.world.last_day:
            return
        reason = reason_for_loss(customer.account, day, customer.dice)
        cancellation_id = self.billing.cancellation(
            contract, None, day, contract.end + ONE_DAY, reason, comment_on(reason, customer.dice)
        )
        self.billing.take_back(cancellation_id, back)
        self._note("notice taken back")

    def _renew_voided(self, customer: Customer, contract: Contract, day: date, start: date) -> None:
        """A renewal is signed, voided, and renewed by a successor that names the voided one."""
        if not self._can_renew(contract):
            return
        again = day + timedelta(days=customer.dice.randint(3, 10))
        if again >= self.world.last_day or again > contract.end + timedelta(days=80):
            self._renew(customer, contract, day, start)
            return
        voided = self._write_renewal(customer, contract, day, start, "usual", contract.contract_id)
        self._decide(again, lambda d: self._renew_again(customer, contract, voided, d, start))

    def _renew_again(
        self, customer: Customer, contract: Contract, voided: Contract, day: date, start: date
    ) -> None:
        self.billing.void_contract(voided, day)
        if self._renew(customer, contract, day, start, claims=voided.contract_id):
            self._note("voided renewal with a successor")

    def _can_renew(self, contract: Contract) -> bool:
        return (
            not contract.is_settled
            and contract.renewal is None
            and not has_pending_steps(contract)
            and any(ln.amount for ln in live_lines(contract) if ln.end == contract.end)
        )

    def _write_renewal(
        self,
        customer: Customer,
        old: Contract,
        day: date,
        start: date,
        content: str,
        claims: str,
        closes_campaign: bool = False,
    ) -> Contract:
        dice = customer.dice
        months = dice.choices([12, 24, 36, 6], [70, 14, 12, 4])[0]
        currency = old.currency
        if dice.random() < 0.025 and content == "usual" and not customer.mixes_in_archive:
            currency = dice.choice([c for c in ("USD", "EUR", "GBP") if c != old.currency])
        entered = day
        if closes_campaign and dice.random() < 0.03:
            entered = self._later_entry(day, dice.randint(10, 40))
        contract = self.billing.draft(
            customer.account,
            day,
            start,
            add_months(start, months) - ONE_DAY,
            currency,
            predecessor=old,
            claims=claims,
            entered_on=entered,
            billing_frequency=old.billing_frequency,
        )
        contract.term_months = months
        order_type = "new" if dice.random() < 0.05 else "renewal"
        order = self.billing.order(contract, order_type, day, entered)
        if content == "archive":
            offers.archive_lines(self.billing, customer, old, order)
        elif content == "nothing":
            offers.nothing_lines(self.billing, customer, old, order)
        else:
            mood = customer.mood_on(day, self.world.first_day)
            offers.renewal_lines(self.billing, customer, old, order, mood)
        if closes_campaign:
            self._close_campaign(customer, old, day, True, order)
        self.billing.write_contract(contract)
        self.billing.write_order(order)
        return contract

    def _renew(
        self,
        customer: Customer,
        old: Contract,
        day: date,
        start: date,
        content: str = "usual",
        claims: str | None = None,
    ) -> bool:
        """A renewal is signed; the old term gives way on the takeover day. False where it can't."""
        if not self._can_renew(old):
            return False
        renewal = self._write_renewal(
            customer, old, day, start, content, claims or old.contract_id, closes_campaign=True
        )
        old.renewal = renewal
        old.is_settled = True
        for line in old.lines:
            if line.is_recurring and line.end <= old.end and start <= old.end:
                line.service_to = min(line.service_to, start - ONE_DAY)
        customer.book.enter_waiting(renewal.lines)
        if renewal.currency != old.currency:
            self._note("contract currency changed")
        if content != "usual":
            self._note(f"renewal to {content}")
        self._stand(customer, renewal)
        if content == "nothing":
            renewal.is_settled = True
        takeover = max(start, day)
        if takeover == day:
            self._take_over(customer, renewal, day)
        else:
            self._happen(takeover, lambda d: self._take_over(customer, renewal, d))
        if content == "usual" and customer.dice.random() < 0.04:
            late = takeover + timedelta(days=customer.dice.randint(10, 60))
            self._decide(late, lambda d: self._late_on_renewal(customer, renewal, d))
        if content == "usual" and customer.dice.random() < 0.012 and self._is_in_crm(customer):
            second = day + timedelta(days=customer.dice.randint(3, 30))
            self._decide(second, lambda d: self._claim_too(customer, old, d))
        return True

    def _take_over(self, customer: Customer, renewal: Contract, day: date) -> None:
        """A renewal begins, unless it was cancelled before."""
        if renewal.is_settled and renewal.ends_by_notice_on is not None:
            return
        customer.book.take_over(renewal, day, "renewed")
        if renewal.orders and all(not line.amount for line in renewal.lines):
            renewal.is_settled = True

    def _late_on_renewal(self, customer: Customer, renewal: Contract, day: date) -> None:
        """A renewal order signed after the takeover: what it brings is an add-on."""
        if renewal.is_settled or renewal.renewal or day > renewal.end - timedelta(days=40):
            return
        held = {line.sku for line in live_lines(renewal)} | set(renewal.cancelled_skus)
        sku = offers.extra_of(customer.dice, held)
        if sku is None or day <= (renewal.entered_on or day):
            return
        order = self.billing.order(renewal, "renewal", day)
        self.billing.line(
            order,
            sku,
            offers.quantity_of(customer.dice, sku, customer.seats),
            list_price(sku, renewal.currency, day),
            offers.discount_of(customer.dice),
            day,
            renewal.end,
        )
        self.billing.write_order(order)
        customer.book.sign(order.lines, day, "added to a renewal after it began")
        self._follow(customer, order.lines)
        self._note("renewal order signed after the takeover")

    def _claim_too(self, customer: Customer, old: Contract, day: date) -> None:
        """A second contract that names a predecessor which another has renewed already."""
        self._write_contract(customer, day, claims=old.contract_id)
        self._note("second renewal")

    def _cancel_before_it_begins(self, customer: Customer, old: Contract, day: date) -> None:
        """The renewal is cancelled between its signature and its takeover: both terms end."""
        renewal = old.renewal
        if renewal is None or renewal.start <= day or renewal.signed_on >= day:
            return
        if renewal.is_return or renewal.start <= old.end or renewal.renewal is not None:
            return
        if any(line.end > old.end for line in live_lines(old)):
            return
        dice = customer.dice
        reason = reason_for_loss(customer.account, day, dice)
        self.billing.cancellation(
            renewal, None, day, renewal.start, reason, comment_on(reason, dice)
        )
        renewal.is_settled = True
        renewal.ends_by_notice_on = renewal.start
        for line in renewal.lines:
            if line.is_recurring:
                line.service_to = min(line.service_to, renewal.start - ONE_DAY)
                line.commit_from = line.commit_to = max(renewal.start, line.start)
        lost = [
            line
            for line in old.lines
            if line.is_recurring and line.is_committed and line.end == old.end
        ]
        customer.book.notice(lost, day, "renewal", "the renewal was cancelled", reason)
        self._note("renewal cancelled before it began")

    def _maybe_return(self, customer: Customer, old: Contract, day: date, how: str) -> None:
        """Some customers come back: by a contract that renews the old one, or by a fresh one."""
        dice = customer.dice
        if dice.random() < 0.28:
            back = day + timedelta(days=dice.randint(15, 220))
            self._decide(back, lambda d: self._return(customer, old, d, how))

    def _return(self, customer: Customer, old: Contract, day: date, how: str) -> None:
        if customer.book.family_total(old.family_id) or old.renewal is not None:
            return
        if any(ln.amount and ln.is_committed and ln.units for ln in live_lines(old)):
            return
        if customer.dice.random() < 0.65 and day > old.signed_on:
            self._write_contract(customer, day, predecessor=old)
            self._note(f"return {how}")
        else:
            self._write_contract(customer, day)
            self._note("return by a fresh contract")

    # What others may know

    def write_accounts(self) -> None:
        """Land the accounts of the CRM with all that became of them."""
        for account in self.world.accounts:
            dice = self.world.dice("account", account.account_id)
            late_mood = float(account.mood[-26:].mean()) if len(account.mood) else 0.5
            self.crm.write_account(account, dice, references=late_mood)

    def _tell_the_world(self, customer: Customer) -> None:
        """Fill the account's holdings and the day it left."""
        account, book = customer.account, customer.book
        for line in book.lines:
            if line.reduces is not None or line.quantity <= 0:
                continue
            _hold(account, line, [other for other in book.lines if other.reduces is line])
        if book.ever_had_cmrr and not book.total() and book.churned_on is not None:
            last = max((h.last_day for h in account.holdings), default=book.churned_on)
            left = max(book.churned_on, last + ONE_DAY)
            if left <= self.world.last_day:
                account.left_on = left


def _hold(account: Account, line: Line, reductions: list[Line]) -> None:
    """Add a line's holdings: one for each stretch between its reductions."""
    first, units = line.start, line.quantity
    for reduction in sorted(reductions, key=lambda r: (r.start, r.line_id)):
        if reduction.start > line.service_to:
            break
        if first < reduction.start and units > 0:
            account.holdings.append(
                Holding(
                    line.sku,
                    float(units),
                    first,
                    reduction.start - ONE_DAY,
                    line.contract.contract_id,
                )
            )
        first, units = max(first, reduction.start), units + reduction.quantity
    if units > 0 and first <= line.service_to:
        account.holdings.append(
            Holding(line.sku, float(units), first, line.service_to, line.contract.contract_id)
        )

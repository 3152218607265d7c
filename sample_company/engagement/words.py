"""Subjects, comments and names as people at a software company and its customers write them."""

from __future__ import annotations

from datetime import date

import numpy as np

from sample_company.catalogue import FEATURES, PRODUCTS

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

# Name and true effect of the treatment on the chance to convert.
EXPERIMENTS = [
    ("guided_first_plan", 1.6),
    ("shorter_invite_flow", 1.25),
    ("dashboard_templates", 1.0),
    ("in_app_upgrade_hint", 1.45),
    ("weekly_digest_email", 0.9),
    ("dispatch_map_default", 1.3),
]

TICKET_TYPES = {
    "question": 0.42,
    "incident": 0.18,
    "bug": 0.18,
    "feature_request": 0.12,
    "billing": 0.10,
}

_PROMOTER = [
    "{product} has become the way we run the week.",
    "Planning used to take two days, now it is done before lunch.",
    "The team answers quickly and knows our {trade}.",
    "{feature} alone pays for the subscription.",
    "Roll-out to the {place} went smoother than I had feared.",
    "Our supervisors asked for it at the other sites.",
    "Support is excellent, always a person who understands the question.",
    "Reliable, fast, and people like using it.",
    "Overtime is down since we plan with {product}.",
    "Easy to learn, even for colleagues who avoid computers.",
    "The quarterly reviews are useful, we always leave with a list.",
    "Recommended it to a sister company last month.",
    "Great people, great tool, happy to renew.",
    "We love {feature}, saves us hours every week.",
    "Best decision we made for the {place} in years.",
    "Very satisfied, and the new release is a real improvement.",
    "It just works.",
    "Night shift finally knows on Friday what comes on Monday.",
    "Our CSM is fantastic, thanks for the patience with us!",
]
_PASSIVE = [
    "Good product, but {feature} needs work.",
    "Does what we need, a bit slow at month end.",
    "Solid. The mobile app is behind the web version.",
    "We only use half of it so far.",
    "Happy with {product}, less so with the price rise.",
    "Training for new starters would help.",
    "Works well for the {place}, less for the night shift.",
    "Reports are fine, I still export to a spreadsheet.",
    "Support is friendly but answers take a day or two.",
    "Neither the best nor the worst tool we have had.",
    "Waiting for the integration with our ERP.",
    "OK so far, ask me again in six months.",
    "Nice interface, but the permissions are confusing.",
    "{feature} is great, the search is poor.",
    "Would be a 9 if exports did not time out.",
    "Price is fair, though the extra modules add up.",
]
_DETRACTOR = [
    "{product} is too slow when the whole {place} is planned.",
    "We still have three open tickets from last quarter.",
    "Nobody has shown us how to use {feature}.",
    "Too expensive for what we use.",
    "The integration breaks after every release.",
    "Our planners have gone back to spreadsheets.",
    "Since our project lead left, nobody really owns this.",
    "Promised in the sales meeting, still not there: {feature}.",
    "Onboarding dragged on for months.",
    "Support closes tickets without solving them.",
    "The app loses entries when the connection drops.",
    "I do not see the savings that we were told about.",
    "Outage on a Monday morning, of all days.",
    "Very disappointed, nothing of what we asked for in the review has happened.",
    "Terrible performance since the last release.",
    "Nice people, wrong product for the {place}.",
    "{feature} is broken half of the time and nobody calls back.",
    "The worst part is that we pay for it and work around it.",
    "Confusing screens, planners make mistakes they never made on paper.",
    "Bad experience with the migration, lost two weeks of rosters.",
]
_SUPPORT = {
    "positive": [
        "Quick and to the point.",
        "Solved on the first call, thank you.",
        "Clear explanation, and a follow-up the next day.",
        "The agent stayed on the line until {feature} worked.",
        "Friendly, fast and competent.",
        "Great help, problem gone within the hour.",
    ],
    "neutral": [
        "Solved in the end.",
        "Answer was fine, took a while.",
        "Had to explain the problem twice.",
    ],
    "negative": [
        "Waited days for a first answer.",
        "Closed without a fix.",
        "Sent the same help article three times.",
        "The workaround for {feature} is not usable for us.",
        "Useless answer, the same error came back the next morning.",
        "Poor communication, I had to chase three people.",
    ],
}
_ONBOARDING = {
    "positive": [
        "Well-structured onboarding, we went live on time.",
        "The trainer knew our {trade} inside out.",
        "Clear plan, weekly calls, no surprises.",
    ],
    "neutral": ["Fine, but a lot in a short time.", "Training was good, the data import was not."],
    "negative": [
        "Go-live moved three times.",
        "Training came before the system was set up.",
        "We were left alone with the data import.",
    ],
}
_EFFORT = {
    "positive": [
        "Found it right away.",
        "Simple enough, two clicks.",
        "{feature} is self-explanatory.",
    ],
    "neutral": ["Needed the help page.", "Took me a moment to find {feature}."],
    "negative": [
        "Far too many steps.",
        "Could not find {feature} without calling someone.",
        "Had to ask a colleague, twice.",
    ],
}
_RENEWAL = {
    "positive": ["Fair offer and an early conversation.", "Renewal was painless."],
    "neutral": ["Paperwork took longer than needed.", "Price rise was explained, at least."],
    "negative": [
        "The quote arrived two weeks before the end of the term.",
        "Felt like a take-it-or-leave-it offer.",
    ],
}
# What people leave in a box for comments besides an answer to the question.
_ASIDES = [
    "-",
    "n/a",
    "ok",
    "...",
    "\U0001f44d",
    "\U0001f621\U0001f621",
    "See my ticket.",
    "As discussed on the phone",
    "Sehr zufrieden, danke!",
    "Leider immer noch zu langsam.",
    "Tr\u00e8s bien, merci",
    "Demasiado caro para lo que usamos",
]
# Of those who comment: who takes the scale for the other way round or means it ironically, and
# who leaves an aside.
_CONTRADICTS, _LEAVES_AN_ASIDE = 0.05, 0.05
_PLACES = [
    "main site",
    "north depot",
    "second plant",
    "warehouse",
    "head office",
    "south region",
    "night shift team",
    "field crew",
]
_TRADES = {
    "logistics": "logistics",
    "manufacturing": "shop floor",
    "food": "food business",
    "energy": "field crews",
    "healthcare": "rotas",
    "facilities": "service rounds",
    "retail": "stores",
    "construction": "sites",
}


def sentiment(survey_type: str, score: int) -> str:
    """positive | neutral | negative, by the scale of the survey."""
    high, low = {"nps": (9, 7), "csat": (4, 3), "ces": (5, 4)}[survey_type]
    return "positive" if score >= high else "neutral" if score >= low else "negative"


def product_name(sku: str | None) -> str:
    """What people call a product."""
    return PRODUCTS[sku].name if sku in PRODUCTS else "The platform"


def feature_label(sku: str | None, dice: np.random.Generator) -> str:
    """A feature of a product as people write it."""
    names = [n for n, _ in FEATURES.get(sku or "", []) if n != "login"] or ["plan_export"]
    return names[int(dice.integers(0, len(names)))].replace("_", " ")


def _filled(text: str, sku: str | None, industry: str, dice: np.random.Generator) -> str:
    text = text.format(
        product=product_name(sku),
        feature=feature_label(sku, dice),
        place=_PLACES[int(dice.integers(0, len(_PLACES)))],
        trade=_TRADES.get(industry, "business"),
    )
    return text[0].upper() + text[1:]


def survey_comment(
    survey_type: str,
    touchpoint: str | None,
    score: int,
    sku: str | None,
    industry: str,
    dice: np.random.Generator,
) -> str:
    """What somebody writes beside a score; now and then two sentences, or not what it says."""
    feeling = sentiment(survey_type, score)
    whim = dice.random()
    if whim < _LEAVES_AN_ASIDE:
        return _ASIDES[int(dice.integers(0, len(_ASIDES)))]
    if whim < _LEAVES_AN_ASIDE + _CONTRADICTS:
        feeling = {"positive": "negative", "negative": "positive"}.get(feeling, feeling)
    if survey_type == "nps":
        pool = {"positive": _PROMOTER, "neutral": _PASSIVE, "negative": _DETRACTOR}[feeling]
    elif survey_type == "ces":
        pool = _EFFORT[feeling]
    elif touchpoint in ("onboarding", "training"):
        pool = _ONBOARDING[feeling]
    elif touchpoint == "renewal":
        pool = _RENEWAL[feeling]
    else:
        pool = _SUPPORT[feeling]
    chosen = dice.permutation(len(pool))[: 2 if dice.random() < 0.25 else 1]
    return " ".join(_filled(pool[int(i)], sku, industry, dice) for i in chosen)


CSAT_TOUCHPOINTS = ["onboarding", "training", "support", "renewal"]

MEASURES = [
    # Name, unit, baseline (low, high), target as a share of it, worth of a unit a year.
    ("Hours spent on planning each week", "hours", (18, 60), 0.55, 1900),
    ("Overtime share", "percent", (8, 19), 0.7, 5200),
    ("Unplanned downtime each month", "hours", (12, 48), 0.65, 1500),
    ("On-time delivery", "percent", (78, 91), 1.07, 4100),
    ("First-visit completion", "percent", (62, 80), 1.15, 2600),
    ("Time to close the month's plan", "days", (4, 11), 0.5, 6200),
    ("Schedule changes after publication", "changes a week", (25, 90), 0.6, 420),
    ("Agency staff cost", "thousand a year", (60, 240), 0.8, 1000),
]

RISK_COMMENTS = {
    "low_adoption": [
        "Weekly users down by a third since last month.",
        "Two of the four teams stopped logging in.",
    ],
    "lost_sponsor": [
        "Sponsor has left; successor not yet known.",
        "New operations lead has used another tool before.",
    ],
    "quality_or_performance": [
        "Several urgent tickets open, patience is thin.",
        "Escalation after the outage, call with their IT agreed.",
    ],
    "stalled_implementation": [
        "Integration milestone missed twice.",
        "Training postponed again, go-live at risk.",
    ],
    "price": [
        "Budget under review, asked for a lower price.",
        "Procurement compares offers for the renewal.",
    ],
    "return_not_realised": [
        "Cannot name a measured benefit in the review.",
        "Finance asked for the business case again.",
    ],
    "missing_features": [
        "Roadmap item is a condition for renewal.",
        "Asked for night-shift rules for the third time.",
    ],
    "acquired": ["Acquisition announced; the new parent runs its own suite."],
    "right_sizing": ["Fewer sites than planned, seats will go."],
}
ACTION_PLANS = [
    "Executive call within two weeks; weekly check-in until use recovers.",
    "Retrain two teams, review settings with the administrator.",
    "Agree success measures with the new sponsor and report monthly.",
    "Engineering to review open tickets, daily update to the customer.",
    "Prepare a right-sized offer before the renewal talks.",
    "Workshop on site, with a plan per team.",
]

_ACTIVITY_SUBJECTS = {
    "call": [
        "Check-in call",
        "Follow-up on open tickets",
        "Call about seat changes",
        "Questions on {feature}",
        "Catch-up with {role}",
    ],
    "email": [
        "Notes from our call",
        "Release notes that matter to you",
        "Material on {feature}",
        "Reminder: training dates",
        "Answer to your question on {product}",
    ],
    "meeting": [
        "Working session: {feature}",
        "Roadmap session",
        "Review of {product} set-up",
        "Meeting with new team leads",
    ],
    "onsite": [
        "Site visit: planning workshop",
        "Site visit: train the trainers",
        "Day at the {place}",
    ],
}


def activity_subject(
    kind: str, day: date, sku: str | None, role: str | None, dice: np.random.Generator
) -> str:
    """Subject of an activity of the account team."""
    if kind == "qbr":
        return f"Quarterly business review Q{(day.month + 2) // 3} {day.year}"
    if kind == "renewal_outreach":
        options = [
            "Renewal: first conversation",
            "Your renewal: where we stand",
            "Renewal planning and seat review",
        ]
        return options[int(dice.integers(0, len(options)))]
    options = _ACTIVITY_SUBJECTS[kind]
    return options[int(dice.integers(0, len(options)))].format(
        feature=feature_label(sku, dice),
        product=product_name(sku),
        role=(role or "the team").replace("_", " "),
        place=_PLACES[int(dice.integers(0, len(_PLACES)))],
    )


def campaign_name(month: date) -> str:
    """The monthly mailing to customers."""
    themes = [
        "Planner's Letter",
        "Product News",
        "Planner's Letter",
        "Spring Release",
        "Planner's Letter",
        "Customer Stories",
        "Summer Capacity Check",
        "Planner's Letter",
        "Autumn Release",
        "Peak Season Guide",
        "Product News",
        "Year in Review",
    ]
    return f"{themes[month.month - 1]} {MONTHS[month.month - 1]} {month.year}"


WEBINARS = [
    "Ten planning habits that save a Monday",
    "What is new in Insight",
    "Scenario planning live",
    "Dispatch without the phone",
    "From spreadsheet to weekly plan",
    "Getting more from dashboards",
    "Connecting your ERP step by step",
    "Ask the product team",
    "Planning around absences",
    "Measuring what planning brings",
    "Shift rules made simple",
    "Peak season readiness",
]
CITIES = ["Chicago", "Leeds", "Hamburg", "Lyon", "Utrecht", "Toronto", "Valencia", "Atlanta"]
BETAS = [
    "Beta: constraint solver",
    "Beta: offline checklists",
    "Beta: custom metrics",
    "Beta: flow builder",
]
LEAD_SOURCES = {
    "web_form": 0.28,
    "webinar": 0.16,
    "referral": 0.1,
    "partner": 0.12,
    "trade_fair": 0.12,
    "outbound": 0.22,
}

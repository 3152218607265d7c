"""Names of made-up companies and people, so that the landing data reads like a real vendor's."""

from __future__ import annotations

from random import Random

_FIRST = {
    "US": [
        "Alicia",
        "Marcus",
        "Denise",
        "Trevor",
        "Joanna",
        "Caleb",
        "Renee",
        "Victor",
        "Paige",
        "Darnell",
        "Holly",
        "Evan",
        "Monique",
        "Curtis",
        "Lena",
        "Graham",
    ],
    "GB": [
        "Imogen",
        "Rhys",
        "Harriet",
        "Callum",
        "Bronwen",
        "Alistair",
        "Priya",
        "Owen",
        "Nadia",
        "Duncan",
        "Tamsin",
        "Gareth",
    ],
    "DE": [
        "Annika",
        "Jürgen",
        "Friederike",
        "Torsten",
        "Svenja",
        "Matthias",
        "Heike",
        "Lukas",
        "Petra",
        "Ole",
    ],
    "FR": ["Élodie", "Bastien", "Margaux", "Thibault", "Camille", "Loïc", "Sandrine", "Rémi"],
    "NL": ["Sanne", "Joost", "Femke", "Pieter", "Maaike", "Ruben"],
    "ES": ["Lucía", "Álvaro", "Marta", "Íñigo", "Rocío", "Sergio"],
    "CA": ["Noémie", "Brent", "Aisha", "Liam", "Geneviève", "Scott"],
}
_LAST = {
    "US": [
        "Whitaker",
        "Delgado",
        "Okafor",
        "Lindqvist",
        "Barrow",
        "Nakamura",
        "Pruitt",
        "Castillo",
        "Hargrove",
        "Mehta",
        "Sorenson",
        "Vance",
        "Ibarra",
        "Tolliver",
        "Quigley",
        "Reyes",
    ],
    "GB": [
        "Ashworth",
        "Pemberton",
        "Lockhart",
        "Chaudhry",
        "Fairclough",
        "Trevithick",
        "Osei",
        "Macrae",
        "Holloway",
        "Prescott",
    ],
    "DE": [
        "Brandt",
        "Hoffmeister",
        "Kessler",
        "Vogelsang",
        "Arndt",
        "Yilmaz",
        "Reinhardt",
        "Lüders",
    ],
    "FR": ["Delacroix", "Marchand", "Rousselet", "Benali", "Fontaine", "Garnier"],
    "NL": ["van Dijk", "Hoekstra", "de Wit", "Brouwer", "Smeets"],
    "ES": ["Navarro", "Ortega", "Villalba", "Echeverría", "Pascual"],
    "CA": ["Tremblay", "Gagnon", "MacIsaac", "Sidhu", "Beaulieu", "Fraser"],
}
_PLACE = [
    "Alder",
    "Birchmere",
    "Calder",
    "Dunmore",
    "Eastlake",
    "Fernhill",
    "Glenrow",
    "Harrow",
    "Inverley",
    "Juniper",
    "Kestrel",
    "Larkfield",
    "Marlow",
    "Northgate",
    "Oakhaven",
    "Penrose",
    "Quarry",
    "Redfern",
    "Silverton",
    "Thornbury",
    "Umber",
    "Valemont",
    "Westbrook",
    "Yarrow",
    "Ashdown",
    "Brackwater",
    "Copperhill",
    "Driftwood",
    "Elmstead",
    "Foxglove",
    "Granite",
    "Hollowell",
    "Ironbridge",
    "Jasper",
    "Kingsway",
    "Lindale",
    "Moorland",
    "Nettleton",
    "Orchard",
    "Pinecrest",
    "Ridgeway",
    "Saltmarsh",
    "Tidewater",
    "Underhill",
    "Vantage",
    "Willowbank",
]
_PLACE_2 = [
    "",
    "",
    "",
    " Ridge",
    " Valley",
    " & Pine",
    " & Sons",
    " Bros.",
    " Point",
    " Creek",
    " Cross",
    " Park",
    " Coast",
    " Hill",
]
_TRADE = {
    "logistics": ["Logistics", "Freight", "Haulage", "Distribution", "Cold Chain"],
    "manufacturing": ["Castings", "Precision Parts", "Packaging", "Components", "Textiles"],
    "food": ["Foods", "Bakeries", "Dairies", "Beverages", "Provisions"],
    "energy": ["Energy Services", "Wind Operations", "Utilities", "Power Maintenance"],
    "healthcare": ["Care Homes", "Clinics", "Medical Supply", "Home Care"],
    "facilities": ["Facilities", "Cleaning Services", "Lift Maintenance", "Property Care"],
    "retail": ["Stores", "Garden Centres", "Home & Living", "Outfitters"],
    "construction": ["Building Group", "Civil Works", "Scaffolding", "Roofing"],
}
INDUSTRIES = list(_TRADE)
_FORM = {
    "US": ["Inc.", "LLC", "Co.", "Corp."],
    "GB": ["Ltd", "plc"],
    "DE": ["GmbH", "AG"],
    "FR": ["SAS", "SA"],
    "NL": ["B.V."],
    "ES": ["S.L."],
    "CA": ["Ltd.", "Inc."],
}
COUNTRIES = list(_FIRST)
CURRENCY_OF = {
    "US": "USD",
    "CA": "USD",
    "GB": "GBP",
    "DE": "EUR",
    "FR": "EUR",
    "NL": "EUR",
    "ES": "EUR",
}
TITLES = {
    "executive_sponsor": [
        "Chief Operating Officer",
        "VP Operations",
        "Managing Director",
        "Director of Supply Chain",
    ],
    "champion": ["Head of Planning", "Operations Manager", "Continuous Improvement Lead"],
    "admin": ["Systems Administrator", "Business Applications Lead", "IT Manager"],
    "user": ["Shift Planner", "Site Manager", "Dispatcher", "Production Planner", "Team Lead"],
}
LEAD_SOURCES = ["web_form", "webinar", "referral", "partner", "trade_fair", "outbound", "trial"]


def company(dice: Random, industry: str, country: str, taken: set[str]) -> str:
    """A company name that nobody in ``taken`` has; adds it there."""
    while True:
        name = (
            f"{dice.choice(_PLACE)}{dice.choice(_PLACE_2)} {dice.choice(_TRADE[industry])} "
            f"{dice.choice(_FORM[country])}"
        )
        if name in taken:
            name = f"{dice.choice(_PLACE)}-{name}"
        if name not in taken:
            taken.add(name)
            return name


def person(dice: Random, country: str) -> str:
    """A person's full name, usual for a country."""
    return f"{dice.choice(_FIRST[country])} {dice.choice(_LAST[country])}"


_PLAIN = str.maketrans("éèêëàáâäöóôüúùûíïîñçøå", "eeeeaaaaooouuuuiiincoa")


def slug(text: str) -> str:
    """Lower-case ASCII letters, digits and single dots: the local part or host of an address."""
    plain = text.lower().translate(_PLAIN)
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in plain).split()
    return ".".join(words)

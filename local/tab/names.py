"""PURE the words of a race day: tracks, horses, people, sponsors, silks."""

from typing import NamedTuple


class Track(NamedTuple):
    """A racecourse: its *zone* is the clock its programme is printed in."""

    name: str
    country: str
    state: str
    code: str
    zone: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _tracks(country: str, state: str, zone: str, names: str) -> tuple[Track, ...]:
    return tuple(Track(name, country, state, name.replace(" ", "")[:4].upper(), zone) for name in names.split(","))


TRACKS: dict[str, tuple[Track, ...]] = {
    "NZ": _tracks(
        "NZ",
        "NZ",
        "Pacific/Auckland",
        "Ellerslie,Te Rapa,Trentham,Riccarton Park,Awapuni,Hastings,Otaki,Ruakaka,Wingatui,Tauranga,Rotorua,"
        "New Plymouth,Wanganui,Woodville,Ashburton,Invercargill,Alexandra Park,Addington,Cambridge,Matamata",
    ),
    "AUS": _tracks(
        "AUS",
        "NSW",
        "Australia/Sydney",
        "Randwick,Rosehill,Newcastle,Wagga,Dubbo,Gosford,Menangle,Bathurst,Penrith,Tamworth",
    )
    + _tracks(
        "AUS",
        "VIC",
        "Australia/Melbourne",
        "Flemington,Sandown,Ballarat,Bendigo,Geelong,Melton,Shepparton,Mildura",
    )
    + _tracks(
        "AUS",
        "QLD",
        "Australia/Brisbane",
        "Eagle Farm,Doomben,Gold Coast,Albion Park,Redcliffe,Townsville,Cairns",
    )
    + _tracks("AUS", "SA", "Australia/Adelaide", "Morphettville,Murray Bridge,Globe Derby,Port Lincoln")
    + _tracks("AUS", "WA", "Australia/Perth", "Ascot,Belmont,Gloucester Park,Pinjarra,Geraldton,Bunbury")
    + _tracks("AUS", "TAS", "Australia/Hobart", "Hobart,Launceston,Devonport"),
    "UK": _tracks("UK", "UK", "Europe/London", "Perry Barr,Yarmouth,Lingfield,Kempton,Monmore"),
    "FR": _tracks("FR", "FR", "Europe/Paris", "Vincennes,Clairefontaine,Enghien"),
    "USA": _tracks("USA", "KY", "America/New_York", "Churchill,Saratoga,Gulfstream"),
    "JPN": _tracks("JPN", "JPN", "Asia/Tokyo", "Ohi,Kawasaki,Sonoda"),
}

CATEGORY_NAMES = {
    "T": "Thoroughbred Horse Racing",
    "H": "Harness Horse Racing",
    "G": "Greyhound Racing",
}

FIRST_WORDS = _words(
    "Amber,Ancient,Arctic,Autumn,Bold,Brave,Bright,Bronze,Burning,Calm,Captain,Castle,Clever,Cloudy,Cobalt,"
    "Copper,Coral,Cosmic,Crimson,Crystal,Dancing,Daring,Dashing,Desert,Diamond,Distant,Double,Dusty,Early,"
    "Eastern,Electric,Emerald,Endless,Evening,Faithful,Fancy,Fearless,Fiery,Flying,Forest,Fortune,Frosty,"
    "Gallant,Gentle,Giddy,Golden,Grand,Granite,Happy,Harbour,Hidden,Highland,Honest,Humble,Icy,Indigo,Iron,"
    "Island,Ivory,Jade,Jolly,Keen,Kind,Kowhai,Lady,Lively,Lonely,Lucky,Lunar,Magic,Majestic,Marble,Merry,"
    "Midnight,Mighty,Misty,Modern,Mountain,Mystic,Native,Neon,Noble,Northern,Ocean,Olive,Opal,Pacific,"
    "Patient,Pearl,Perfect,Pounamu,Prairie,Proud,Purple,Quick,Quiet,Rapid,Rata,Rebel,Regal,Rimu,River,Rocky,"
    "Royal,Rustic,Sacred,Sapphire,Scarlet,Secret,Shining,Silent,Silver,Smiling,Solar,Southern,Spring,Starry,"
    "Steady,Stormy,Summer,Sunny,Swift,Tawny,Thunder,Tidal,Totara,Velvet,Winter"
)
SECOND_WORDS = _words(
    "Affair,Anthem,Arrow,Aurora,Bandit,Bay,Beacon,Blaze,Breeze,Chance,Charm,Comet,Courier,Crown,Dancer,Dawn,"
    "Dream,Duchess,Echo,Empire,Falcon,Fantail,Flame,Flight,Gambit,Glory,Guardian,Harmony,Hero,Horizon,Jewel,"
    "Journey,Knight,Lantern,Legend,Lightning,Melody,Mirage,Monarch,Moon,Nights,Oracle,Parade,Path,Pilot,"
    "Promise,Quest,Rascal,Ridge,Rocket,Ruler,Saga,Shadow,Signal,Song,Spirit,Star,Story,Tempest,Treasure,Tui,"
    "Venture,Whisper,Wish"
)
HORSES = 8192  # a power of two, so that an odd step visits every horse once

GIVEN_NAMES = _words(
    "Aaron,Alice,Amy,Ben,Blair,Brett,Callum,Chris,Clare,Craig,Dale,Danielle,Elen,Emma,Gavin,Georgia,Hamish,"
    "Hugh,Jack,Jo,Kate,Kelly,Lachlan,Lisa,Mark,Mere,Nigel,Olivia,Paul,Rangi,Ryan,Sam,Sarah,Tess,Tim,Tracy,"
    "Wiremu,Zara"
)
FAMILY_NAMES = _words(
    "Abbot,Allen,Barker,Bennett,Bosworth,Carr,Clarken,Dalton,Doyle,Ellis,Farrow,Finn,Grant,Hale,Harris,"
    "Hemara,Innes,Jones,Keogh,Lang,Lawson,Marsh,McLean,Moana,Nolan,O'Brien,Parata,Price,Quinn,Reid,Shaw,"
    "Sutton,Tane,Turner,Vance,Walsh,Weir,Young"
)
TOWNS = _words("Cambridge,Matamata,Byerley Park,Riverton,Ashburton,Awapuni,Hastings,Warwick Farm,Ballarat,Toowoomba")
SPONSORS = _words(
    "Harbour Freight,Kauri Homes,Southern Seeds,Happy Hire,Coastal Concrete,Valley Vets,Gold Room,"
    "Station Hotel,Rural Supplies,City Bakery,Bright Paint,Members Bar,Lakes Dairy,River Motors,Team Timber,"
    "Corner Pharmacy"
)
COLOURS = _words(
    "Red,Royal Blue,Navy,Yellow,Gold,White,Black,Emerald Green,Purple,Pink,Orange,Maroon,Turquoise,Brown,Grey,Cerise"
)
PATTERNS = _words("hoops,stripes,chevrons,stars,diamonds,spots,quarters,sash,braces,checks")
STIPES = (
    "Slow to begin.",
    "Raced keenly through the early stages.",
    "Raced wide without cover.",
    "Held up approaching the 200 metres.",
    "Bumped on jumping and lost ground.",
    "Lay in under pressure in the final straight.",
)


def horse_name(horse: int) -> str:
    """Return the name of a horse by its number below `HORSES`; the same number is the same horse on any day."""
    return f"{FIRST_WORDS[horse % 128]} {SECOND_WORDS[horse // 128]}"

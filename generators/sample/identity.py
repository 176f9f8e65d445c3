"""Who is portrayed: everything about a person that stays the same from picture to picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from generators.sample.head import PHOTO_FIT
from generators.sample.makehuman import HeadData, macro_weights

Floats = NDArray[np.float64]

HairStyle = Literal["bald", "buzz", "short", "swept", "curly", "tied", "bob", "long"]

_MEN: dict[HairStyle, float] = {"bald": 0.12, "buzz": 0.2, "short": 0.33, "swept": 0.25, "curly": 0.1}
_WOMEN: dict[HairStyle, float] = {"tied": 0.24, "bob": 0.26, "long": 0.32, "curly": 0.12, "short": 0.06}

# Linear RGB reflectance from the fairest to the darkest skin.
SKIN_TONES = np.array(
    [
        [0.80, 0.555, 0.440],
        [0.70, 0.440, 0.315],
        [0.55, 0.300, 0.190],
        [0.38, 0.180, 0.098],
        [0.20, 0.088, 0.045],
        [0.085, 0.038, 0.022],
    ]
)
HAIR_COLOURS = {
    "black": (0.010, 0.008, 0.008),
    "dark brown": (0.030, 0.017, 0.010),
    "brown": (0.075, 0.040, 0.021),
    "light brown": (0.16, 0.092, 0.046),
    "blond": (0.36, 0.235, 0.11),
    "red": (0.19, 0.060, 0.021),
    "grey": (0.27, 0.26, 0.25),
    "white": (0.42, 0.405, 0.38),
}
IRIS_COLOURS = {
    "dark brown": (0.035, 0.016, 0.008),
    "brown": (0.10, 0.045, 0.018),
    "hazel": (0.16, 0.10, 0.035),
    "green": (0.12, 0.16, 0.075),
    "blue": (0.13, 0.22, 0.33),
    "grey": (0.19, 0.22, 0.24),
}

_SPREAD = 0.62

# Morph targets drawn for every person, as (decreasing, increasing) pairs, with the spread of their weight.
_SHAPES: dict[tuple[str, str], float] = {
    ("head/head-oval", "head/head-square"): 0.35,
    ("head/head-triangular", "head/head-round"): 0.30,
    ("head/head-fat-decr", "head/head-fat-incr"): 0.40,
    ("head/head-scale-horiz-decr", "head/head-scale-horiz-incr"): 0.25,
    ("head/head-scale-vert-decr", "head/head-scale-vert-incr"): 0.20,
    ("forehead/forehead-scale-vert-decr", "forehead/forehead-scale-vert-incr"): 0.30,
    ("forehead/forehead-nubian-decr", "forehead/forehead-nubian-incr"): 0.30,
    ("eyebrows/eyebrows-trans-down", "eyebrows/eyebrows-trans-up"): 0.35,
    ("eyebrows/eyebrows-angle-down", "eyebrows/eyebrows-angle-up"): 0.30,
    ("chin/chin-width-decr", "chin/chin-width-incr"): 0.40,
    ("chin/chin-height-decr", "chin/chin-height-incr"): 0.35,
    ("chin/chin-prominent-decr", "chin/chin-prominent-incr"): 0.35,
    ("chin/chin-bones-decr", "chin/chin-bones-incr"): 0.35,
    ("chin/chin-jaw-drop-decr", "chin/chin-jaw-drop-incr"): 0.25,
    ("nose/nose-scale-horiz-decr", "nose/nose-scale-horiz-incr"): 0.35,
    ("nose/nose-scale-vert-decr", "nose/nose-scale-vert-incr"): 0.30,
    ("nose/nose-scale-depth-decr", "nose/nose-scale-depth-incr"): 0.35,
    ("nose/nose-hump-decr", "nose/nose-hump-incr"): 0.35,
    ("nose/nose-point-down", "nose/nose-point-up"): 0.35,
    ("nose/nose-volume-decr", "nose/nose-volume-incr"): 0.30,
    ("nose/nose-width2-decr", "nose/nose-width2-incr"): 0.30,
    ("mouth/mouth-scale-horiz-decr", "mouth/mouth-scale-horiz-incr"): 0.35,
    ("mouth/mouth-trans-down", "mouth/mouth-trans-up"): 0.30,
    ("mouth/mouth-upperlip-height-decr", "mouth/mouth-upperlip-height-incr"): 0.35,
    ("mouth/mouth-lowerlip-height-decr", "mouth/mouth-lowerlip-height-incr"): 0.35,
    ("mouth/mouth-angles-down", "mouth/mouth-angles-up"): 0.30,
}
_PAIRED_SHAPES: dict[tuple[str, str], float] = {
    ("eyes/{}-eye-scale-decr", "eyes/{}-eye-scale-incr"): 0.25,
    ("eyes/{}-eye-height2-decr", "eyes/{}-eye-height2-incr"): 0.30,
    ("eyes/{}-eye-corner2-down", "eyes/{}-eye-corner2-up"): 0.35,
    ("eyes/{}-eye-trans-in", "eyes/{}-eye-trans-out"): 0.25,
    ("eyes/{}-eye-bag-decr", "eyes/{}-eye-bag-incr"): 0.35,
    ("cheek/{}-cheek-bones-decr", "cheek/{}-cheek-bones-incr"): 0.40,
    ("cheek/{}-cheek-volume-decr", "cheek/{}-cheek-volume-incr"): 0.40,
    ("ears/{}-ear-scale-decr", "ears/{}-ear-scale-incr"): 0.30,
    ("ears/{}-ear-wing-decr", "ears/{}-ear-wing-incr"): 0.45,
}

# The base mesh looks sleepy and stern: open the eyes, lift brows and mouth corners, slim the nose.
_OPEN_FACE = {
    **{f"eyes/{side}-eye-scale-incr": 0.12 for side in ("l", "r")},
    **{f"eyes/{side}-eye-height2-incr": 0.35 for side in ("l", "r")},
    "eyebrows/eyebrows-trans-up": 0.25,
    "mouth/mouth-angles-up": 0.25,
    "nose/nose-volume-decr": 0.2,
}
# Its women look like men with long hair: soften them.
_WOMANLY = {
    **{f"eyes/{side}-eye-scale-incr": 0.30 for side in ("l", "r")},
    "eyebrows/eyebrows-trans-up": 0.30,
    "chin/chin-width-decr": 0.45,
    "chin/chin-bones-decr": 0.45,
    "chin/chin-height-decr": 0.25,
    "nose/nose-scale-horiz-decr": 0.35,
    "nose/nose-scale-depth-decr": 0.30,
    "nose/nose-greek-decr": 0.20,
    "mouth/mouth-upperlip-volume-incr": 0.40,
    "mouth/mouth-lowerlip-volume-incr": 0.35,
    "neck/neck-scale-horiz-decr": 0.35,
}


@dataclass(frozen=True)
class Identity:
    """A person; colours are linear RGB, lengths in mm, the rest shares in [0, 1] unless said otherwise."""

    name: str
    seed: int
    male: float
    old: float
    races: dict[str, float]
    shape_weights: dict[str, float]
    skin_tone: float
    redness: float
    freckles: float
    gloss: float
    iris: tuple[float, float, float]
    hair_style: HairStyle
    hair_colour: tuple[float, float, float]
    hair_parting_mm: float
    hairline_lift_mm: float
    brow_density: float
    brow_width_mm: float
    stubble: float
    beard_mm: float
    lip_colour: float
    glasses: bool

    @property
    def skin_colour(self) -> Floats:
        """Reflectance (3,) in linear RGB."""
        place = self.skin_tone * (len(SKIN_TONES) - 1)
        low = min(int(place), len(SKIN_TONES) - 2)
        share = place - low
        return np.asarray(SKIN_TONES[low] ** (1 - share) * SKIN_TONES[low + 1] ** share)

    def vertices_weights(self) -> dict[str, float]:
        """Morph targets with their weights."""
        weights = {name: 0.7 * weight for name, weight in PHOTO_FIT.items()}
        woman = {name: (1 - self.male) * weight for name, weight in _WOMANLY.items()}
        for part in (_OPEN_FACE, woman, self.shape_weights):
            for name, weight in part.items():
                weights[name] = weights.get(name, 0.0) + weight
        return macro_weights(self.male, self.old, self.races) | weights


def draw_identity(name: str, seed: int, rng: np.random.Generator, number: int) -> Identity:
    """A person; consecutive `number`s spread skin tone and sex evenly."""
    is_man = number % 2 == 0
    tone = float(np.clip((number * 0.618034) % 1.0 + rng.normal(0, 0.03), 0.02, 0.98))
    age = float(np.clip(rng.beta(1.2, 1.8), 0, 0.95))
    hair_style, hair_colour = _draw_hair(rng, is_man, tone, age)
    bearded = is_man and rng.random() < 0.2
    return Identity(
        name=name,
        seed=seed,
        male=float(rng.uniform(0.75, 1.0) if is_man else rng.uniform(0.0, 0.2)),
        old=age,
        races=_draw_races(rng, tone),
        shape_weights=_draw_shape(rng),
        skin_tone=tone,
        redness=float(rng.uniform(0.2, 1.0)),
        freckles=float(rng.uniform(0.3, 1.0) if tone < 0.35 and rng.random() < 0.35 else 0.0),
        gloss=float(rng.uniform(0.2, 1.0)),
        iris=_draw_iris(rng, tone),
        hair_style=hair_style,
        hair_colour=hair_colour,
        hair_parting_mm=float(rng.choice([-28.0, -15.0, 0.0, 15.0, 28.0])),
        hairline_lift_mm=float(rng.normal(0, 4) + (rng.uniform(0, 14) * age if is_man else 0)),
        brow_density=float(rng.uniform(0.7, 1.0) if is_man else rng.uniform(0.5, 0.85)),
        brow_width_mm=float(rng.uniform(3.2, 4.6) if is_man else rng.uniform(2.0, 3.2)),
        stubble=float(rng.uniform(0.1, 0.8)) if is_man else 0.0,
        beard_mm=float(rng.uniform(4, 11)) if bearded else 0.0,
        lip_colour=float(rng.uniform(0.25, 0.6) if is_man else rng.uniform(0.45, 1.0)),
        glasses=bool(number % 11 == 5 or (age > 0.6 and number % 7 == 3)),
    )


def identity_vertices(data: HeadData, identity: Identity, expression: dict[str, float]) -> Floats:
    """All vertices of the base mesh (mesh units of mm, not yet centred) with the person's shape and an expression."""
    return data.shape(identity.vertices_weights() | expression)


def _draw_races(rng: np.random.Generator, tone: float) -> dict[str, float]:
    african = np.clip(tone * 1.4 - 0.3, 0.05, 1.0)
    caucasian = np.clip(1.1 - tone * 1.3, 0.05, 1.0)
    shares = rng.dirichlet(np.array([african, 0.55, caucasian]) * 1.8)
    return dict(zip(("african", "asian", "caucasian"), map(float, shares), strict=True))


def _draw_shape(rng: np.random.Generator) -> dict[str, float]:
    weights: dict[str, float] = {}
    for (low, high), spread in _SHAPES.items():
        weight = float(np.clip(rng.normal(0, _SPREAD * spread), -0.5, 0.5))
        weights[high if weight > 0 else low] = abs(weight)
    for (low, high), spread in _PAIRED_SHAPES.items():
        weight = float(np.clip(rng.normal(0, _SPREAD * spread), -0.5, 0.5))
        for side in ("l", "r"):
            own = float(weight + rng.normal(0, 0.05))
            weights[(high if own > 0 else low).format(side)] = abs(own)
    for part, count in (("brown", 2), ("cheek", 2), ("eye", 6), ("jaw", 3), ("mouth", 2), ("nose", 4)):
        kind = int(rng.integers(1, count + 1))
        weights[f"asym/asym-{part}-{kind}-{rng.choice(['l', 'r'])}"] = float(rng.uniform(0, 0.25))
    return weights


def _draw_hair(
    rng: np.random.Generator, is_man: bool, tone: float, age: float
) -> tuple[HairStyle, tuple[float, float, float]]:
    styles = _MEN if is_man else _WOMEN
    style = list(styles)[int(rng.choice(len(styles), p=np.array(list(styles.values()))))]
    if tone > 0.7 and style in ("swept", "bob", "long"):
        style = "buzz" if is_man else str(rng.choice(["curly", "tied"]))  # type: ignore[assignment]
    if rng.random() < (age - 0.45) * 1.6:
        colour = str(rng.choice(["grey", "white"]))
    elif tone < 0.45:
        colour = str(rng.choice(["dark brown", "brown", "light brown", "blond", "red", "black"]))
    else:
        colour = str(rng.choice(["black", "black", "dark brown"]))
    return style, HAIR_COLOURS[colour]


def _draw_iris(rng: np.random.Generator, tone: float) -> tuple[float, float, float]:
    names = list(IRIS_COLOURS) if tone < 0.35 else ["dark brown", "brown"]
    return IRIS_COLOURS[str(rng.choice(names))]

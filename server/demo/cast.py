"""The people and the words of the demo: invented, drawn with a fixed seed, the same on every machine."""

from __future__ import annotations

import random
from dataclasses import dataclass

from server.accounts.permissions import Role

PASSWORD = "demo-demo-demo"  # noqa: S105 - printed for everyone; a demo never leaves loopback
CREATORS = 300
FANS = 120


@dataclass(frozen=True)
class Account:
    """One of the six demo sign-ins: `<name>@demo.local`."""

    name: str
    shown: str
    roles: tuple[Role, ...]
    cleared: bool = False

    @property
    def email(self) -> str:
        return f"{self.name}@demo.local"


ACCOUNTS = (
    Account("moderator", "Mara Okafor", (Role.MODERATOR,)),
    Account("lead", "Jonas Lind", (Role.LEAD,), cleared=True),
    Account("creator", "Tiana Reyes", (Role.CREATOR,)),
    Account("fan", "Kemi Adler", (Role.FAN,)),
    Account("finance", "Ines Moreau", (Role.FINANCE,)),
    Account("admin", "Sam Whitfield", (Role.ADMIN,), cleared=True),
)

_FIRST = tuple(
    name
    for line in (
        "Ana Ben Chiara Dario Elif Femi Greta Hugo Ida Joon Kofi Lena Milo Nadia Oskar Pilar Quinn Rosa",
        "Sven Tao Uma Viktor Wanda Xenia Yara Zane Amara Bruno Celia Dimitri Esra Faris Gwen Hana Ivo Jana",
    )
    for name in line.split()
)
_LAST = tuple(
    name
    for line in (
        "Abara Berg Castillo Duarte Ekdahl Farouk Gentile Horvat Iversen Jansen Kowalski Laurent Mbeki",
        "Novak Ortega Petrov Quist Rossi Sato Tanaka Ueda Vargas Weiss Xu Yilmaz Zeman Almeida Bauer Dahl",
    )
    for name in line.split()
)
_HOBBIES = (
    "street food",
    "analog cameras",
    "bouldering",
    "lo-fi beats",
    "card tricks",
    "thrift flips",
    "bread",
)

CAPTIONS = (
    "Took me three days to get this shot. Worth it?",
    "Wait for the end. #fyp #satisfying",
    "Part 2 is on my profile",
    "POV: you finally fixed the thing that was never broken",
    "No filter, promise. #golden #hour",
    "Answering your questions from yesterday's live",
    "My grandmother's recipe, do not tell her",
    "Sound on for this one",
    "Trying the trend everybody asked for",
    "This took 41 takes. The dog ruined 40 of them.",
)
FLAGGED_CAPTIONS = (
    ("fraud.investment", "Turned 200 into 9,000 in a week!! DM me the word MONEY and I show you how"),
    ("misinformation.health", "Doctors hate this: two spoons a day and you can stop your medication"),
    ("regulated.drugs", "Menu in my bio, next-day delivery, no questions asked"),
    ("impersonation", "Official backup account, verified soon. My old one was hacked"),
    ("spam", "follow 4 follow f4f follow 4 follow f4f click the link click the link click the link"),
    ("hate.slur", "go back to where you came from, all of you"),
)
COMMENTS = (
    "This made my week, thank you!",
    "First!",
    "Which camera is this?",
    "I tried it and it actually works",
    "The timing at 0:07 is perfect",
    "Please do a longer version",
    "Where can I buy that jacket?",
    "The second one is better, fight me",
)
FLAGGED_COMMENTS = (
    ("harassment", "nobody asked for your opinion, delete your account and do us all a favour"),
    ("harassment", "you should be ashamed to show your face, we all laugh at you"),
    ("harassment", "imagine being this talentless. quit."),
    ("harassment.targeted", "everyone report her, she lives on Elm Street and finishes work at five"),
    ("violence.threat", "say that again and I will find you, I know your school"),
    ("violence.threat", "walk past the station tomorrow and see what happens to you"),
    ("violence.threat", "we know where you film these. sleep well"),
    ("hate.dehumanising", "they are vermin, every single one of them"),
    ("hate.slur", "people like that should not be allowed on here, and you know which people"),
    ("self_harm.promotion", "just stop eating for a few days, that is what I do, message me for tips"),
    ("fraud.phishing", "you won!! claim the prize at h\u0435lp-cr\u0435ator.example before midnight"),
    ("fraud.phishing", "your account will be closed tonight, confirm your password in my link"),
    ("privacy", "her number is 555 0134, call her, she loves it"),
    ("privacy", "that is his real name by the way, look up the flat on the second floor"),
    ("spam", "get 10,000 followers for 5 dollars, link in bio"),
    ("spam", "free coins free coins free coins search my name on the other app"),
    ("misinformation.health", "vaccines did this to my neighbour, drink the tea from my shop instead"),
    ("regulated.drugs", "got plugs in every city, write me for the list"),
    ("sexual.solicitation", "more of me on the other site, you know where"),
)
FLAGGED_BIOS = (
    ("impersonation", "The real one. Support team of the platform. Send me your code to get verified."),
    ("fraud.investment", "Crypto mentor. 300 % a month guaranteed. Ask my 2,000 students."),
    ("minors.underage_account", "im 11 and i love dancing, dont tell my mom i am here"),
    ("hate", "14 words, if you know you know"),
)
NOTES = (
    "This is not what it says it is.",
    "My kid was shown this.",
    "Second time today that I see this.",
    "I know the person in the video and she did not agree to it.",
    "Please look at the moment I marked.",
    "The same clip was removed last week under another account.",
    None,
    None,
    None,
)
REASONS = (
    ("No violation", "The content was reviewed in full and does not break a policy."),
    ("Satire, clearly marked", "The depiction is satire and marked as such; no viewer is deceived."),
    (
        "Scam with outside payment",
        "The post leads viewers to pay outside the platform for a promised return.",
    ),
    ("Personal data shown", "The post shows personal data of a third person without their consent."),
)
POLICY_OF_MOMENT = {
    "threat_card": ("harassment", "violence.glorification", "dangerous_acts", "violence.threat"),
    "strobe": ("dangerous_acts", "quality"),
    "fake_id": ("fraud.phishing", "impersonation"),
    "phone_number": ("privacy",),
    "scam_link": ("fraud.investment", "fraud.phishing"),
    "slur": ("hate.slur", "hate"),
    "watermark": ("ip",),
    "knife": ("regulated.weapons", "violence.glorification"),
    "pills": ("regulated.drugs",),
    "glitch": ("synthetic.unlabelled", "synthetic.deceptive"),
    "blackout": ("quality",),
    "bystander": ("privacy",),
    "third_party": ("ip",),
}
OTHER_POLICIES = (
    "synthetic.unlabelled",
    "synthetic.deceptive",
    "impersonation",
    "misinformation.civic",
    "violence.graphic",
    "harassment",
    "spam",
    "sexual.suggestive",
    "ncii.deepfake",
    "quality",
)


def people(rng: random.Random, count: int) -> list[tuple[str, str, str]]:
    """`count` invented people as (handle, name, bio), no handle twice."""
    made: dict[str, tuple[str, str, str]] = {}
    while len(made) < count:
        first, last = rng.choice(_FIRST), rng.choice(_LAST)
        form = rng.choice(("{f}.{l}", "{f}_{l}", "{l}.{f}", "{f}{n}", "its.{f}.{n}", "{f}.makes"))
        handle = form.format(f=first.lower(), l=last.lower(), n=rng.randrange(10, 99))
        bio = f"{rng.choice(_HOBBIES).capitalize()} and {rng.choice(_HOBBIES)}. New clips every week."
        made.setdefault(handle, (handle, f"{first} {last}", bio))
    return list(made.values())

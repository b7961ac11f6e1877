"""How a printed password is read aloud, so that nobody takes one character for another."""

_NAMES = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "エー ビー シー ディー イー エフ ジー エイチ アイ ジェー ケイ エル エム エヌ オー ピー キュー アール エス ティー ユー ブイ ダブリュー "
        "エックス ワイ ゼット ゼロ いち に さん よん ご ろく なな はち きゅう".split(),
        strict=True,
    )
)


def reading(password: str) -> str:
    """Every letter and digit by name: `Km7` is 「ケイ・小文字のエム・なな」 (flows.md, Support-desk operations, print rules).

    Raises KeyError for any other character.
    """
    return "・".join(("小文字の" if one.islower() else "") + _NAMES[one.upper()] for one in password)

"""Words that Japanese members build passwords from, beside the international list of common passwords."""

# romaji, as kana is compared in romaji; each at least four letters and seldom inside another word; longest first
STEMS: tuple[str, ...] = tuple(
    sorted(
        """
        password passwd passcode pasuwado pasuwaado secret himitsu himitu aikotoba anshou ansyou
        admin administrator kanrisha kanrisya root guest user test tesuto changeme welcome login roguin letmein master
        qwerty qwertyui asdf asdfgh zxcv zxcvbn qazwsx iloveyou monkey dragon princess sunshine football baseball
        internet intanetto hikari denwa keitai sumaho terebi keeburu kaisen mypage maipeji kaiin tokuten
        sakura momo ichigo ringo himawari tsubaki yuki hoshi tsuki sora yume kaze haru natsu fuyu
        nihon nippon japan tokyo toukyou osaka oosaka kyoto kyouto nagoya fukuoka sapporo hokkaido hokkaidou okinawa
        kagawa tokushima ehime kouchi shikoku sanuki shiga kouka biwako fujisan
        arigato arigatou konnichiwa konnitiwa konbanwa ohayou ohayo sayonara yoroshiku yorosiku
        daisuki aishiteru aisiteru kazoku okaasan otousan oniichan oneechan akachan minna tomodachi genki shiawase
        satou suzuki takahashi tanaka watanabe itou yamamoto nakamura kobayashi katou yoshida yamada sasaki
        hanako tarou ichirou jirou hiroshi takashi kenji akira makoto satoshi keiko youko yoko kazuko michiko haruka
        misaki ayumi naoko yumiko shota shouta daiki takumi
        pokemon pikachu doraemon totoro naruto onepiece gundam luffy anpanman kitty mickey
        hanshin tigers giants kyojin carp ichiro shohei ohtani
        neko wanwan nyanko pochi tama koro maron choco chocolat
        """.split(),
        key=lambda word: (-len(word), word),
    )
)

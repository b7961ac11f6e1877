"""Old and variant forms of characters in Japanese names, for matching only.

Hand-made: surname and given-name characters that an input method, a billing system or the family writes in two
ways (japan.md, Input folding). A name keeps the form its owner typed; only its key is folded.
"""

_USUAL_AND_VARIANTS = (
    # surnames that NFKC leaves apart although people call them one name
    ("高", "髙"), ("崎", "﨑嵜"), ("辺", "邊邉"), ("吉", "𠮷"), ("浜", "濱濵"), ("徳", "德"), ("沢", "澤"), ("滝", "瀧"),
    ("広", "廣"), ("島", "嶋嶌"), ("桜", "櫻"), ("淵", "渕"), ("富", "冨"), ("峰", "峯"), ("関", "關"), ("条", "條"),
    ("渋", "澁"), ("薮", "藪籔"), ("曽", "曾"), ("館", "舘"), ("桑", "桒"), ("柳", "栁"), ("船", "舩"), ("村", "邨"),
    ("野", "埜"), ("桧", "檜"), ("槙", "槇"), ("瀬", "瀨"), ("塩", "鹽"), ("黒", "黑"), ("戸", "戶"), ("郷", "鄕"),
    ("蔵", "藏"), ("巌", "巖"), ("鶴", "靏靍"), ("国", "國圀"), ("学", "學"), ("会", "會"), ("麦", "麥"),
    # Saito: two characters by origin, but the same contract is found under any of the four
    ("斎", "齋斉齊"),
    # given names
    ("恵", "惠"), ("真", "眞"), ("栄", "榮"), ("円", "圓"), ("寿", "壽"), ("実", "實"), ("宝", "寶"), ("弥", "彌"),
    ("来", "來"), ("伝", "傳"), ("静", "靜"), ("顕", "顯"), ("青", "靑"), ("清", "淸"), ("増", "增"), ("竜", "龍"),
    ("亀", "龜"), ("郎", "郞"), ("恒", "恆"), ("穂", "穗"), ("鎮", "鎭"), ("慎", "愼"), ("遥", "遙"), ("豊", "豐"),
    ("与", "與"), ("万", "萬"), ("鉄", "鐵"), ("緑", "綠"), ("温", "溫"), ("頼", "賴"), ("晋", "晉"), ("児", "兒"),
)
# str.translate: variant to usual form
USUAL = {ord(variant): usual for usual, variants in _USUAL_AND_VARIANTS for variant in variants}

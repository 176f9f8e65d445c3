import pytest

from pipeline.sources.archives.names import NameDecoder, likeliest_encoding

KNOWN = [
    ("gb18030", ["口罩/张伟_001.jpg", "口罩/李娜_002.jpg"]),
    ("gb18030", ["戴口罩/图片1.jpg"]),
    ("gb18030", ["照片/1.jpg", "照片/2.jpg"]),
    ("cp932", ["マスク/写真01.jpg", "マスクなし/田中.jpg"]),
    ("cp932", ["新しいフォルダー/画像.png"]),
    ("cp932", ["能力/表示.jpg"]),  # with bytes that are backslashes elsewhere
    ("big5", ["口罩照片/張偉.jpg", "未戴口罩/1.jpg"]),
    ("cp949", ["마스크/사진1.jpg", "마스크없음/2.jpg"]),
    ("cp437", ["máscara/1.jpg", "sin máscara/niño.jpg"]),
    ("cp437", ["Gesichter/Müller.jpg", "ohne/Jörg.jpg"]),
    ("cp850", ["visages/François.jpg", "déjà/1.jpg"]),
    ("cp1252", ["Gesichter/Müller.jpg", "ohne/Jörg.jpg"]),
    ("cp866", ["маска/фото1.jpg", "без маски/2.jpg"]),
    ("cp1251", ["маска/фото1.jpg", "без маски/2.jpg"]),
]


@pytest.mark.parametrize(("encoding", "names"), KNOWN)
def test_names_are_read_as_they_were_written(encoding: str, names: list[str]) -> None:
    """Two encodings that write the same letters alike are as good as each other."""
    raw = [name.encode(encoding) for name in names]
    assert [name.decode(likeliest_encoding(raw)) for name in raw] == names


def test_utf8_is_taken_at_its_word() -> None:
    assert NameDecoder("cp932").decode("口罩.jpg".encode()) == "口罩.jpg"


def test_names_learnt_before_tell_the_encoding_of_a_short_one() -> None:
    short = "人脸.jpg".encode("gb18030")
    decoder = NameDecoder()
    decoder.learn(name.encode("gb18030") for name in ("未戴口罩/王芳.png", "戴口罩/李娜.png"))
    assert decoder.decode(short) == "人脸.jpg"


def test_bytes_of_no_encoding_can_still_be_written() -> None:
    name = NameDecoder().decode(b"\xff\xfe\x81\x8d.jpg")
    assert name.endswith(".jpg")
    assert NameDecoder("ascii").decode(b"\xff.jpg") == "\udcff.jpg"

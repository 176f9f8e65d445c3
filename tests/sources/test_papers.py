import pytest

from pipeline.sources.papers import decode_text, decode_xml, is_unsafe_xml

TEXT = '<?xml version="1.0" encoding="{}"?><a>\u53e3\u7f69</a>'


@pytest.mark.parametrize("name", ["utf-8", "gbk", "GB18030", "big5", "shift_jis", "euc-kr"])
def test_the_declared_encoding_counts(name: str) -> None:
    word = "\uac00" if name == "euc-kr" else "\u53e3"
    text = f'<?xml version="1.0" encoding="{name}"?><a>{word}</a>'
    assert decode_xml(text.encode(name)) == text


@pytest.mark.parametrize("name", ["utf-16", "utf-8-sig", "utf-32"])
def test_the_byte_order_mark_is_stronger_than_the_declaration(name: str) -> None:
    text = TEXT.format("gbk")
    assert decode_xml(text.encode(name)) == decode_text(text.encode(name)) == text


def test_utf_16_that_is_declared_in_plain_bytes_is_not_utf_16() -> None:
    text = TEXT.format("utf-16")
    assert decode_xml(text.encode()) == text


@pytest.mark.parametrize("data", [TEXT.format("klingon").encode(), TEXT.format("utf-8").encode("gbk"), b"\xff<a/>"])
def test_what_is_in_another_encoding_than_it_says_is_told(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"klingon|decode"):
        decode_xml(data)


@pytest.mark.parametrize("name", ["utf-7", "utf-16", "gbk"])
def test_a_document_type_is_seen_in_every_encoding(name: str) -> None:
    text = f'<?xml version="1.0" encoding="{name}"?><!DOCTYPE a [<!ENTITY b "c">]><a/>'
    assert is_unsafe_xml(decode_xml(text.encode(name)))

"""A PDF shows pages and does nothing else, and says nothing of who made it; what cannot be looked through is refused."""

from __future__ import annotations

import io
import zlib

import pypdf
import pytest

from server.documents import pdf
from server.documents.kinds import Kind, Unacceptable
from server.documents.pdf_tokens import MAX_TOKENS
from tests.server.documents import samples
from tests.server.documents.samples import DEVICE, PLACE, SECRETS, TIME, object_stream, stream


def refusal(data: bytes) -> str:
    with pytest.raises(Unacceptable) as refused:
        pdf.clean(data)
    return refused.value.code


def opened(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data), strict=True)


def test_author_time_metadata_and_comments_are_gone_and_the_pages_stay() -> None:
    made = samples.pdf(pages=3)
    assert opened(made).metadata["/Author"] == DEVICE.decode()
    _, kept = pdf.clean(made)
    assert len(kept) == len(made)
    assert not any(secret in kept for secret in (*SECRETS, TIME.hex().encode()))
    reader = opened(kept)
    assert [page.get_contents().get_data() for page in reader.pages] == [b"BT /F1 12 Tf (Hello) Tj ET"] * 3
    assert {str(value).strip() for value in reader.metadata.values()} == {""}


def test_the_facts_are_its_pages() -> None:
    facts, _ = pdf.clean(samples.pdf(pages=2))
    assert (facts.kind, facts.width, facts.height, facts.pages) == (Kind.PDF, 0, 0, 2)


def test_packed_metadata_is_emptied_too() -> None:
    packed = zlib.compress(samples.XMP * 3)
    _, kept = pdf.clean(samples.pdf(stream(b"/Subtype /XML /Type /Metadata /Filter /FlateDecode", packed)))
    assert packed not in kept
    assert zlib.decompressobj().decompress(kept[kept.index(zlib.compress(b"")) :]) == b""
    short = pdf.clean(samples.pdf(stream(b"/Type /Metadata /Filter /FlateDecode", b"abc")))[1]
    assert b"abc" not in short


def test_document_information_in_an_object_stream_is_blanked() -> None:
    packed = object_stream(b"<< /Producer (%s) >>" % (DEVICE * 3), b"<< /Author <%s> >>" % PLACE.hex().encode())
    _, kept = pdf.clean(samples.pdf(packed))
    at = kept.index(b"stream\n", kept.index(b"/ObjStm")) + 7
    plain = zlib.decompressobj().decompress(kept[at:])
    assert b"/Producer" in plain
    assert DEVICE not in plain
    assert PLACE.hex().encode() not in plain


def test_an_object_stream_may_be_unpacked() -> None:
    plain = b"50 0 << /Author (%s) >>" % DEVICE
    made = samples.pdf(stream(b"/Type /ObjStm /N 1 /First 5", plain))
    assert DEVICE not in pdf.clean(made)[1]


def test_pictures_in_it_lose_what_they_say_of_their_place() -> None:
    size = b"/Subtype /Image /Width 96 /Height 64 "
    plain = stream(size + b"/Filter /DCTDecode", samples.jpeg())
    packed = stream(size + b"/Filter [/FlateDecode /DCTDecode]", zlib.compress(samples.jpeg()))
    _, kept = pdf.clean(samples.pdf(plain, packed))
    assert not any(secret in kept for secret in SECRETS)
    at = kept.index(b"stream\n", kept.index(b"[/FlateDecode")) + 7
    inner = zlib.decompressobj().decompress(kept[at:])
    assert not any(secret in inner for secret in SECRETS)
    assert samples.pixels(inner) == samples.pixels(samples.plain_jpeg())


@pytest.mark.parametrize(
    "catalog",
    [
        b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
        b"/OpenAction << /S /J#61vaScript /JS (app.alert(1)) >>",
        b"/OpenAction 7 0 R",
        b"/Names << /EmbeddedFiles 9 0 R >>",
        b"/Names << /JavaScript 9 0 R >>",
        b"/AA << /O 7 0 R >>",
        b"/AcroForm << /XFA 7 0 R >>",
        b"/AF [7 0 R]",
        b"/X << /S /Launch /F (cmd.exe) >>",
        b"/X << /S /#4c#61unch /F (cmd.exe) >>",
        b"/X << /S /GoToE >>",
        b"/X [/SubmitForm]",
    ],
)
def test_what_would_run_open_or_carry_something_is_refused(catalog: bytes) -> None:
    assert refusal(samples.pdf(catalog=catalog)) == "document_active"


def test_so_is_what_hides_in_an_object_stream() -> None:
    assert refusal(samples.pdf(object_stream(b"<< /S /JavaScript >>", b"<< /OpenAction 5 0 R >>"))) == "document_active"
    assert refusal(samples.pdf(object_stream(b"<< /OpenAction 5 0 R >>"))) == "document_active"


def test_an_object_stream_that_does_not_say_so_is_one() -> None:
    packed = object_stream(b"<< /S /JavaScript >>").replace(b"/Type /ObjStm", b"")
    assert refusal(samples.pdf(packed)) == "document_active"


def test_what_hides_in_a_stream_or_a_text_where_a_table_may_point_is_refused() -> None:
    assert refusal(samples.pdf(stream(b"", b"7 0 obj << /S /J#61vaScript >> endobj"))) == "document_active"
    assert refusal(samples.pdf(stream(b"", b"7 0 obj << /OpenAction 9 0 R >> endobj"))) == "document_too_complex"
    assert refusal(samples.pdf(b"(7 0 obj << /Encrypt 9 0 R >> endobj)")) == "document_too_complex"
    assert refusal(samples.pdf(stream(b"", object_stream(b"<< /S /Launch >>")))) == "document_too_complex"


def test_a_page_to_open_at_is_no_action() -> None:
    assert pdf.clean(samples.pdf(catalog=b"/OpenAction [10 0 R /Fit]"))[0].pages == 1


def test_one_that_needs_a_password_is_refused() -> None:
    assert refusal(samples.pdf(trailer=b"/Encrypt 7 0 R")) == "document_locked"


def test_what_unpacks_to_hundreds_of_megabytes_is_refused() -> None:
    bomb = zlib.compress(bytes(129 << 20), 9)
    assert refusal(samples.pdf(stream(b"/Filter /FlateDecode", bomb))) == "document_bomb"
    assert refusal(samples.pdf(stream(b"/Filter [/FlateDecode /FlateDecode]", b""))) == "document_bomb"
    small = zlib.compress(b"1 0 " + bytes(9 << 20), 9)
    assert refusal(samples.pdf(stream(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", small))) == "document_bomb"


def test_a_content_stream_that_does_not_unpack_is_its_readers_matter() -> None:
    assert pdf.clean(samples.pdf(stream(b"/Filter /FlateDecode", b"nonsense")))[0].pages == 1


@pytest.mark.parametrize(
    ("about", "code"),
    [
        (b"/Width 40000 /Height 40000", "document_too_large"),
        (b"/Width 7 0 R /Height 1", "document_too_complex"),
        (b"/Height 1", "document_too_complex"),
    ],
)
def test_a_picture_in_it_says_its_size_and_is_not_too_large(about: bytes, code: str) -> None:
    assert refusal(samples.pdf(stream(b"/Subtype /Image " + about, b""))) == code


def test_too_many_pages_and_none_are_refused() -> None:
    assert refusal(samples.pdf(pages=201)) == "document_too_large"
    assert refusal(samples.pdf(pages=0)) == "document_damaged"


@pytest.mark.parametrize(
    ("about", "body"),
    [
        (b"/Type /ObjStm /N 1 /First 4 /Filter /LZWDecode", b""),
        (b"/Type /ObjStm /N 1 /First 4 /Filter 7 0 R", b""),
        (b"/Type /ObjStm /N 1 /First 4 /DecodeParms << /Predictor 12 >>", b""),
        (b"/Type /ObjStm", b""),
        (b"/Filter [/ASCII85Decode /DCTDecode]", b""),
    ],
)
def test_what_cannot_be_looked_through_is_refused(about: bytes, body: bytes) -> None:
    assert refusal(samples.pdf(stream(about, body))) == "document_too_complex"


@pytest.mark.parametrize("packed", [b"nonsense", zlib.compress(b"<< /A (x) >>" * 9)[:-8]])
def test_an_object_stream_that_does_not_unpack_is_refused(packed: bytes) -> None:
    assert refusal(samples.pdf(stream(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", packed))) == "document_damaged"


def test_what_does_not_fit_when_it_is_blanked_is_refused() -> None:
    """Packed with a dictionary of its own making it may be shorter than anything that zlib makes."""
    plain = b"<< /Author (" + b"\\\\" * 40 + b"ab" + b") >>"
    packer = zlib.compressobj(9, zlib.DEFLATED, 15)
    packed = packer.compress(b"1 0 " + plain) + packer.flush()
    assert pdf.clean(samples.pdf(stream(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", packed)))[0].pages == 1
    tiny = zlib.compress(b"<</Author()/A(" + b" " * 12 + b")>>")
    with pytest.raises(Unacceptable) as refused:
        pdf._rewrite(pdf._Reading(bytearray(tiny)), tiny, 0, len(tiny), [b"FlateDecode"], lambda plain: bytes(range(200)), 1000)
    assert refused.value.code == "document_too_complex"


def test_more_tokens_than_anybody_needs_are_refused() -> None:
    assert refusal(samples.pdf(b"[" + b"1 " * (MAX_TOKENS + 1) + b"]")) == "document_too_complex"
    assert refusal(samples.pdf(b"[" * 65 + b"]" * 65)) == "document_too_complex"


@pytest.mark.parametrize("body", [b"(", b"<4", b"<zz>", b"<< /A", b"]", b")", b">", b">>", b"[ >>", b"<< ]"])
def test_what_is_left_open_or_closes_nothing_is_refused(body: bytes) -> None:
    assert refusal(samples.pdf(body)) == "document_damaged"


@pytest.mark.parametrize("body", [b"{ 1 add }", b"<< /A 1 /A 2 /B /C /D [/E] (x) >>", b"[ << /A << >> >> ]", b"/Alone"])
def test_odd_but_whole_things_are_passed_over(body: bytes) -> None:
    assert pdf.clean(samples.pdf(body))[0].pages == 1


def test_a_stream_ends_where_it_says_or_at_its_word() -> None:
    whole = stream(b"/Filter /FlateDecode", zlib.compress(b"BT ET"))
    for other in (whole.replace(b"stream\n", b"stream\r\n", 1), whole.replace(b"\nendstream", b"\r\nendstream")):
        assert pdf.clean(samples.pdf(other))[0].pages == 1
    for ending in (b"\r\nendstream", b"\nendstream", b"\rendstream", b"endstream"):
        assert pdf.clean(samples.pdf(b"<< /Length 9 0 R >>\nstream\nabc" + ending))[0].pages == 1
    made = samples.pdf(b"<< /Length 3 >>\nstream\nabc").replace(b"endstream", b"")
    assert refusal(made) == "document_damaged"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-9.9\n%%EOF",
        b"%PDF-1.7 and nothing",
        samples.pdf() + b"PK\3\4 another file",
        samples.pdf()[:-100],
        b"%PDF-1.7\n%%EOF",
    ],
)
def test_a_first_and_a_last_line_are_needed_and_nothing_behind_them(data: bytes) -> None:
    assert refusal(data) == "document_damaged"


def test_white_space_behind_the_end_is_nothing() -> None:
    assert pdf.clean(samples.pdf() + b"\r\n\0")[0].pages == 1


def test_other_comments_than_the_second_line_are_blanked() -> None:
    made = samples.pdf(b"% \xe4\xbd\xa0\xe5\xa5\xbd, a long comment that is not the second line\n1")
    _, kept = pdf.clean(made)
    assert b"comment" not in kept
    assert kept.startswith(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

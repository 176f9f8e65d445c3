"""The leaks between two folders as one page that opens from disk."""

from pipeline.review.leak_audit import Audit, Leak
from pipeline.review.page import Card, Section, Table, page, picture

LEAKS_SHOWN, PARTNERS_SHOWN = 300, 11


def leak_page(audit: Audit) -> str:
    """What `audit-leaks` found, as pictures."""
    summary = Table(("", "images"), [("train", audit.train_images), ("test", audit.test_images)])
    kinds = Table(("kind of leak", "test images"), list(audit.counts().items()))
    text = f"{len(audit.leaks)} of {audit.test_images} test images leak ({audit.leaking_share:.1%})."
    shown = [_leak(leak) for leak in audit.leaks[:LEAKS_SHOWN]]
    unread = [(f"{row.side}: {row.origin}", f"{row.reason}: {row.detail}") for row in audit.unreadable]
    left_out = [Section("unread", "Not compared", tables=[Table(("file", "why"), unread)])] if unread else []
    return page(
        "Leaks",
        [
            Section("summary", text, tables=[summary, kinds]),
            Section("leaks", "Leaking test images", cards=shown),
            *left_out,
        ],
    )


def _leak(leak: Leak) -> Card:
    partners = [picture(image.path, f"train: {image.origin}") for image in leak.train[:PARTNERS_SHOWN]]
    shown = picture(leak.test.path, f"{leak.kind}. test: {leak.test.origin}", "lost")
    return Card("", [shown, *partners])

from pipeline.split_samples import gather_samples
from tests.curation.examples import image_row
from tests.stages.test_dedup_split import face_row


def identities(*images):
    samples, _ = gather_samples(images, [face_row(image, f"face {image.origin}") for image in images], [])
    return [sample.identity for sample in samples]


def test_a_known_person_names_the_group_whatever_photos_join():
    known = image_row("known", person_id="p", photo_id="f")
    by_photo, by_content = image_row("by photo", photo_id="f"), image_row("by content")
    found = identities(known, by_photo, by_content)
    assert min(found) == found[0] == identities(image_row("another photo", person_id="p"))[0]
    assert found[1] == identities(image_row("another version", photo_id="f"))[0]
    assert found[1] < found[2]

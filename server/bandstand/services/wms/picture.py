"""Errors as pictures, for clients that can show nothing else: the message drawn, or nothing at all (INIMAGE, BLANK)."""

import io

from PIL import Image, ImageDraw, ImageFont

from bandstand.model.style import Rgba

_MARGIN = 6
_LETTERS_PX = 10
_ENCODERS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/tiff": "TIFF", "image/gif": "GIF"}


def can_draw(media_type: str) -> bool:
    """Whether such a picture can be made in this format."""
    return _encoder(media_type) is not None


def error_picture(
    text: str,
    *,
    media_type: str,
    width: int,
    height: int,
    transparent: bool,
    background: Rgba,
    scale: float = 1.0,
) -> bytes:
    """Draw a message, or with an empty text the bare ground.

    Args:
        text: Wrapped to the picture; what does not fit is left out.
        media_type: One that `can_draw`.
        width: Pixels.
        height: Pixels.
        transparent: Whether the ground is empty, where the format can; text then stands on a white plate.
        background: Its colour otherwise.
        scale: Letters are so many times larger.

    Returns:
        The encoded picture.
    """
    encoder = _encoder(media_type)
    if encoder is None:
        raise ValueError(f"no pictures in {media_type}")
    ground = (*background[:3], 0 if transparent and encoder != "JPEG" else 255)
    image = Image.new("RGBA", (width, height), ground)
    if text:
        _write(image, text, round(_LETTERS_PX * scale))
    out = io.BytesIO()
    if encoder == "JPEG":
        image.convert("RGB").save(out, encoder, quality=90)
    elif encoder == "WEBP":
        image.save(out, encoder, lossless=True)
    else:
        image.save(out, encoder)
    return out.getvalue()


def _encoder(media_type: str) -> str | None:
    return _ENCODERS.get(media_type.partition(";")[0].strip().casefold())


def _write(image: Image.Image, text: str, points: int) -> None:
    """Black on a white plate: legible on whatever lies around it."""
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(points)
    room = max(1, image.width - 2 * _MARGIN)
    shown = text.encode("latin-1", "replace").decode("latin-1")
    lines: list[str] = []
    for word in shown.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and draw.textlength(joined, font=font) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    message = "\n".join(lines)
    left, top, right, bottom = draw.multiline_textbbox((_MARGIN, _MARGIN), message, font=font)
    draw.rectangle((left - 3, top - 3, right + 3, bottom + 3), fill=(255, 255, 255, 255), outline=(180, 0, 0, 255))
    draw.multiline_text((_MARGIN, _MARGIN), message, fill=(0, 0, 0, 255), font=font)

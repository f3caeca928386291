"""Images through the image processors of transformers (the ones that use Pillow).

write FOLDER                     draws images, and writes what each processor makes of them (test/fixtures/pixels)
compare PROCESSOR IMAGES OURS    mean and largest difference from OURS/<image>.f32 over a folder of images
"""

import json
import os
import sys

import numpy
from PIL import Image, ImageOps
from transformers import CLIPImageProcessor, SiglipImageProcessor

CLASSES = {"SiglipImageProcessor": SiglipImageProcessor, "CLIPImageProcessor": CLIPImageProcessor}
PROCESSORS = {
    "siglip-bicubic": {"size": {"height": 12, "width": 12}, "resample": 3},
    "siglip-bilinear": {"size": {"height": 10, "width": 13}, "resample": 2},
    "siglip-lanczos": {"size": {"height": 13, "width": 10}, "resample": 1},
    "siglip-nearest": {"size": {"height": 11, "width": 12}, "resample": 0},
    "siglip-box": {"size": {"height": 12, "width": 11}, "resample": 4},
    "clip": {"size": {"shortest_edge": 14}, "crop_size": {"height": 12, "width": 11}},
    "clip-padded": {"size": {"shortest_edge": 7}, "crop_size": {"height": 12, "width": 10}, "resample": 2},
}


def processor(settings):
    kind = settings["image_processor_type"]
    return CLASSES[kind](**{key: value for key, value in settings.items() if key != "image_processor_type"})


def processed(settings, file):
    image = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
    values = processor(settings)(image, return_tensors="np")["pixel_values"][0]
    return values.transpose(1, 2, 0).astype("<f4")


def drawn(width, height, channels):
    """Waves, edges and noise."""
    y, x = numpy.mgrid[0:height, 0:width]
    noise = numpy.random.default_rng(14)
    waves = [
        127 + 70 * numpy.sin(x / (3.1 + k)) + 45 * numpy.cos(y / (4.7 - k / 2)) + 60 * ((x // 9 + y // (7 + k)) % 2)
        for k in range(channels)
    ]
    return numpy.clip(numpy.stack(waves, -1) + noise.normal(0, 9, (height, width, channels)), 0, 255).astype(numpy.uint8)


def draw(folder):
    os.makedirs(folder, exist_ok=True)
    photograph = Image.fromarray(drawn(61, 43, 3))
    four = drawn(61, 43, 4)
    palette = photograph.convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
    turned = Image.Exif()
    turned[0x0112] = 6
    save = lambda image, name, **options: image.save(os.path.join(folder, name), **options)
    save(photograph, "420.jpg", quality=90, subsampling=2)
    save(photograph, "444-progressive.jpg", quality=90, subsampling=0, progressive=True)
    save(photograph, "turned.jpg", quality=90, exif=turned)
    save(photograph.convert("L"), "grey.jpg", quality=90)
    save(Image.fromarray(four, "CMYK"), "cmyk.jpg", quality=90)
    save(palette, "palette.png", transparency=5)
    save(photograph.convert("1"), "one-bit.png")
    save(Image.fromarray(drawn(61, 43, 2), "LA"), "grey-alpha.png")
    save(Image.fromarray(four, "RGBA"), "alpha.png")
    save(Image.fromarray(drawn(9, 31, 3)), "tall.png")
    save(photograph, "lossy.webp", quality=90)
    save(palette, "animated.gif", save_all=True, append_images=[palette.rotate(180)])


def write(folder):
    images = os.path.join(folder, "images")
    draw(images)
    for name, settings in PROCESSORS.items():
        kind = "SiglipImageProcessor" if name.startswith("siglip") else "CLIPImageProcessor"
        settings = {"image_processor_type": kind, "do_convert_rgb": True, **settings}
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        with open(os.path.join(folder, name, "preprocessor_config.json"), "w") as file:
            file.write(json.dumps(settings, indent=2) + "\n")
        # Every kind of file once, every processor on one photograph and on one image that is enlarged.
        for image in sorted(os.listdir(images)) if name == "siglip-bicubic" else ["420.jpg", "tall.png"]:
            processed(settings, os.path.join(images, image)).tofile(os.path.join(folder, name, image + ".f32"))


def compare(config, images, ours):
    with open(config) as file:
        settings = json.load(file)
    # A level of 255 is as far from the next as one step of the normalised values.
    step = 1 / 255 / min(numpy.atleast_1d(processor(settings).image_std))
    total, count, largest = 0.0, 0, 0.0
    for name in sorted(os.listdir(images)):
        difference = numpy.abs(processed(settings, os.path.join(images, name)).ravel() - numpy.fromfile(os.path.join(ours, name + ".f32"), "<f4"))
        total, count, largest = total + difference.sum(dtype=float), count + difference.size, max(largest, difference.max())
    print(f"{count} values: mean difference {total / count / step:.6f}, largest {largest / step:.6f} levels of 255")


if __name__ == "__main__":
    {"write": write, "compare": compare}[sys.argv[1]](*sys.argv[2:])

/**
 * Questions that the browser tests ask a page. They run inside the browser, so each function is self-contained, and plain JavaScript
 * because the project compiles without the types of the DOM (a page's globals must not leak into the rest of the code).
 */

/** Opens every `<details>`. */
export function unfold() {
  for (const details of document.querySelectorAll('details')) details.setAttribute('open', '');
}

/** Where each visible chart and its labels lie, in CSS pixels, and how many marks have an extent. */
export function chartGeometry() {
  return [...document.querySelectorAll('.chart svg')]
    .filter((svg) => svg.checkVisibility())
    .map((svg) => {
      const outer = svg.getBoundingClientRect();
      const marks = [...svg.querySelectorAll('path, circle, rect, polygon')].filter((mark) => {
        const { width, height } = mark.getBoundingClientRect();
        return width + height > 0;
      });
      const labels = [...svg.querySelectorAll('text')].map((label) => label.getBoundingClientRect());
      return {
        left: outer.left,
        right: outer.right,
        height: outer.height,
        marks: marks.length,
        overhang: Math.max(...labels.map((label) => Math.max(outer.left - label.left, label.right - outer.right))),
      };
    });
}

/** Middles of the elements that `selector` finds, along x. */
export function middles(selector) {
  return [...document.querySelectorAll(selector)].map((mark) => {
    const { left, right } = mark.getBoundingClientRect();
    return (left + right) / 2;
  });
}

/** Left and right ends of SVG elements in their own coordinates. */
export function extents(elements) {
  return elements.map((element) => {
    const { x, width } = element.getBBox();
    return { from: x, to: x + width };
  });
}

export function imageStates() {
  return [...document.images].map((image) => ({
    complete: image.complete,
    naturalWidth: image.naturalWidth,
    width: image.width,
    rendering: getComputedStyle(image).imageRendering,
    alternative: image.alt,
  }));
}

/** Contrast of the visible texts after WCAG 2.2 (relative luminance, contrast ratio); SVG text is measured by its fill. */
export function lowContrastTexts(bar) {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parse = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const luminance = (color) => {
    const [red, green, blue] = color.map((channel) => {
      const value = channel / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const backgroundOf = (start) => {
    for (let element = start; element !== null; element = element.parentElement) {
      const color = parse(getComputedStyle(element).backgroundColor);
      if (color[3] > 0.99) return color;
    }
    return [255, 255, 255, 1];
  };
  const low = [];
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent.trim();
    if (text === '' || !element.checkVisibility() || /^(?:title|desc)$/.test(element.tagName)) continue;
    const style = getComputedStyle(element);
    const ink = luminance(parse(element instanceof SVGElement ? style.fill : style.color));
    const paper = luminance(backgroundOf(element));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    texts += 1;
    if (ratio < bar) low.push(`${ratio.toFixed(2)}: ${text.slice(0, 60)}`);
  }
  return { texts, low, background: luminance(backgroundOf(document.body)) };
}

export function headingLevels() {
  return [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((heading) => Number(heading.tagName[1]));
}

/** What a screen reader or a keyboard would stumble over, one sentence each. */
export function accessibilityFlaws() {
  const find = (selector) => [...document.querySelectorAll(selector)];
  const target = (id) => document.getElementById(id);
  return [
    ...find('table')
      .filter((table) => table.caption === null)
      .map(() => 'table without caption'),
    ...find('th:not([scope])').map((cell) => `th without scope: ${cell.textContent}`),
    ...find('img:not([alt])').map(() => 'img without alt'),
    ...find('section:not([aria-labelledby])').map((section) => `section without name: ${section.id}`),
    ...find('[tabindex="0"]:not([role])').map((element) => `focusable without role: ${element.className}`),
    ...find('[role="region"]:not([aria-label])').map((element) => `region without name: ${element.className}`),
    ...find('a[href^="#"]')
      .filter((link) => target(link.hash.slice(1)) === null)
      .map((link) => `link to nowhere: ${link.hash}`),
    ...find('[aria-labelledby]')
      .filter((element) =>
        element
          .getAttribute('aria-labelledby')
          .split(' ')
          .some((id) => target(id) === null),
      )
      .map((element) => `label to nowhere: ${element.id}`),
  ];
}

/** Moves the pointer over every element, then tells what hostile text achieved. */
export function attackState() {
  for (const element of document.querySelectorAll('body *')) {
    element.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
  }
  return {
    attacked: 'attacked' in window,
    scripts: document.scripts.length,
    images: document.images.length,
    handlers: [...document.querySelectorAll('*')].filter((element) =>
      [...element.attributes].some(({ name }) => /^on/.test(name) || name === 'style'),
    ).length,
    links: [...document.links].map((link) => link.getAttribute('href')),
    scrollWidth: document.documentElement.scrollWidth,
  };
}

export function printedState() {
  return {
    background: getComputedStyle(document.body).backgroundColor,
    recipeVisible: document.querySelector('#recipe pre').checkVisibility(),
    scrollWidth: document.documentElement.scrollWidth,
  };
}

/** What a printed page would lack, or leave blank. */
export function printFlaws() {
  const shown = (element) => element.checkVisibility() && element.getBoundingClientRect().height > 0;
  const style = (element, part) => getComputedStyle(element, part);
  const flaws = [];
  for (const section of document.querySelectorAll('main section')) {
    const [heading, ...others] = section.children;
    if (!others.some(shown)) flaws.push(`nothing stands under ${heading.textContent}`);
  }
  for (const details of document.querySelectorAll('details')) {
    const [summary, ...inside] = details.children;
    if (details.matches('.printed')) {
      if (!inside.every(shown)) flaws.push(`not printed: ${summary.textContent}`);
    } else if (!details.open && !(shown(summary) && style(summary, '::after').content.includes('HTML page'))) {
      flaws.push(`gone without a word: ${summary.textContent}`);
    }
  }
  for (const table of document.querySelectorAll('table')) {
    const around = [table, table.closest('.scroll')].filter((element) => element !== null && shown(element));
    if (table.tBodies[0].rows.length > 6 && around.some((element) => style(element).breakInside !== 'auto')) {
      flaws.push(`a long table cannot break: ${table.caption.textContent}`);
    }
    for (const row of table.tBodies[0].rows) {
      if (style(row).breakInside !== 'avoid') flaws.push(`a row can break: ${table.caption.textContent}`);
    }
    if (table.tHead !== null && style(table.tHead).display !== 'table-header-group') {
      flaws.push(`the head is not repeated: ${table.caption.textContent}`);
    }
  }
  for (const lead of document.querySelectorAll('h2, h3, h2 + p, h3 + p')) {
    const { breakAfter, breakInside } = style(lead);
    if (breakAfter !== 'avoid' || breakInside !== 'avoid') flaws.push(`parted from what follows: ${lead.textContent}`);
  }
  return [...new Set(flaws)];
}

export function scrollWidth() {
  return document.documentElement.scrollWidth;
}

export function fontSize(element) {
  return Number.parseFloat(getComputedStyle(element).fontSize);
}

export function focusedText() {
  return document.activeElement.textContent;
}

export function locationHash() {
  return location.hash;
}

// Every visible text of the page with the contrast to what is behind it. Source: WCAG 2.2, contrast ratio.
(() => {
  const parse = colour => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { red, green, blue, alpha };
  };
  const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = c => 0.2126 * channel(c.red) + 0.7152 * channel(c.green) + 0.0722 * channel(c.blue);
  const over = (top, ground) => {
    const mix = name => top[name] * top.alpha + ground[name] * (1 - top.alpha);
    return { red: mix("red"), green: mix("green"), blue: mix("blue"), alpha: 1 };
  };
  const ground = element => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(parse(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), parse("rgb(255, 255, 255)"));
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!words || !element.checkVisibility() || element.closest("title, desc")) continue;
    const style = getComputedStyle(element), drawn = element.closest("svg") !== null;
    const colour = parse(drawn ? style.fill : style.color), behind = ground(element);
    colour.alpha *= Number(style.opacity) * (drawn ? Number(style.fillOpacity) : 1);
    const [low, high] = [luminance(over(colour, behind)), luminance(behind)].sort((a, b) => a - b);
    texts.push({ words, drawn, ratio: (high + 0.05) / (low + 0.05) });
  }
  return texts;
})()

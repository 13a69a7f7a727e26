// The visible elements that match a selector and, when given, contain a text (also as a field's value).
const [selector, text] = arguments;
const visible = (element) => {
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  return box.width > 0 && box.height > 0 && style.visibility !== 'hidden';
};
const said = (element) => `${element.innerText ?? element.textContent ?? ''} ${element.value ?? ''}`;
return [...document.querySelectorAll(selector)].filter(
  (element) => visible(element) && (text == null || said(element).includes(text)),
);

/** Whether a text begins with a label; `#` in a label stands for itself or any digit, as in `Balance on ##/##/####`. */
export function beginsWithLabel(text: string, label: string): boolean {
  if (text.startsWith(label)) return true;
  if (!label.includes('#') || text.length < label.length) return false;
  return [...label].every((character, index) => {
    const found = text.charAt(index);
    return found === character || (character === '#' && found >= '0' && found <= '9');
  });
}

/**
 * Copies a text as it is, to the byte. `navigator.clipboard` does not exist on plain HTTP from another host;
 * there the text goes into the event of a copy command. Returns whether it worked.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByCommand(text);
  }
}

function copyByCommand(text: string): boolean {
  let isCopied = false;
  const write = (event: ClipboardEvent) => {
    if (!event.clipboardData) return;
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
    isCopied = true;
  };
  document.addEventListener('copy', write, { once: true, capture: true });
  // Deprecated, and the only way without the permission that HTTPS gives.
  document.execCommand('copy');
  document.removeEventListener('copy', write, { capture: true });
  return isCopied;
}

/** Keys that do something on a page. Never while somebody types, never with a modifier. */
import { useLayoutEffect, useRef } from 'preact/hooks';

export function useShortcuts(keys: Readonly<Record<string, () => void>>): void {
  const newest = useRef(keys);
  newest.current = keys;
  // With the page, and not a moment after it: a key pressed at once is not lost.
  useLayoutEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
      const { target } = event;
      if (
        target instanceof HTMLElement &&
        target.closest('input, textarea, select, [contenteditable]') !== null
      )
        return;
      // Enter on a link or a button is theirs.
      if (
        event.key === 'Enter' &&
        target instanceof HTMLElement &&
        target.closest('a, button, summary') !== null
      )
        return;
      const act = Object.hasOwn(newest.current, event.key) ? newest.current[event.key] : undefined;
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', hear);
    return () => document.removeEventListener('keydown', hear);
  }, []);
}

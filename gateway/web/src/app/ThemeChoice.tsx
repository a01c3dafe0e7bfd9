import { useState } from 'react';
import { words } from '../words/en';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEY = 'pf-theme';

/** Sets the theme of this browser; public/theme.js reads it again before the first paint. */
function apply(theme: Theme): void {
  if (theme === 'system') {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset['theme'];
  } else {
    localStorage.setItem(KEY, theme);
    document.documentElement.dataset['theme'] = theme;
  }
}

/** Chooses between light, dark and what the system says. */
export function ThemeChoice() {
  const [theme, setTheme] = useState(() => THEMES.find((name) => name === document.documentElement.dataset['theme']) ?? 'system');
  return (
    <fieldset className="theme-choice">
      <legend>{words.navigation.theme}</legend>
      {THEMES.map((name) => (
        <label key={name}>
          <input
            type="radio"
            name="theme"
            checked={theme === name}
            onChange={() => {
              apply(name);
              setTheme(name);
            }}
          />
          {words.navigation.themes[name]}
        </label>
      ))}
    </fieldset>
  );
}

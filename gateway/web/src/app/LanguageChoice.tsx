import { chooseLanguage, chosenLanguage, LANGUAGES, type Language } from '../words/language';
import { words } from '../words/en';

const CHOICES = Object.keys(LANGUAGES) as Language[];

/** Chooses the language of the client in this browser. The page is loaded again in it; what was written is kept. */
export function LanguageChoice() {
  const chosen = chosenLanguage();
  return (
    <label className="language-choice">
      <span>{words.navigation.language}</span>
      <select className="input" value={chosen ?? ''} onChange={(event) => chooseLanguage(CHOICES.find((language) => language === event.currentTarget.value) ?? null)}>
        <option value="">{words.navigation.browserLanguage}</option>
        {CHOICES.map((language) => (
          <option key={language} value={language} lang={language}>
            {LANGUAGES[language]}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The switch of the language, each named in itself. */
import { chooseLanguage, languages, useLanguage, useSay } from '../language.ts'

export function Languages() {
  const say = useSay()
  const chosen = useLanguage()
  return (
    <fieldset class="segments">
      <legend class="hidden">{say.language}</legend>
      {languages.map(({ language, name }) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-pressed={language === chosen}
          onClick={() => chooseLanguage(language)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  )
}

/** The language of the console: the reader's choice, else the first of the browser's that is spoken here. */
import { en } from './messages/en.ts'
import { ja } from './messages/ja.ts'
import { createStore, useStore } from './store.ts'

export type Messages = typeof en

const spoken = { en, ja } satisfies Record<string, Messages>
export type Language = keyof typeof spoken
export const languages: readonly { language: Language; name: string }[] = [
  { language: 'en', name: 'English' },
  { language: 'ja', name: '日本語' },
]

const storageKey = 'fairlead-language'

function firstLanguage(): Language {
  const wishes = [localStorage.getItem(storageKey) ?? '', ...navigator.languages].map((wish) => wish.split('-')[0])
  return wishes.find(isSpoken) ?? 'en'
}

function isSpoken(wish: string | undefined): wish is Language {
  return wish !== undefined && Object.hasOwn(spoken, wish)
}

const language = createStore<Language>(firstLanguage())
const tellDocument = () => {
  document.documentElement.lang = language.get()
}
tellDocument()

export function chooseLanguage(next: Language): void {
  localStorage.setItem(storageKey, next)
  language.set(next)
  tellDocument()
}

export function useLanguage(): Language {
  return useStore(language)
}

/** The words of a page that is read later, with the page. */
export function useWords<Words>(pair: Readonly<Record<Language, Words>>): Words {
  return pair[useStore(language)]
}

/** What is said, in the language of the moment. */
export function useSay(): Messages {
  return spoken[useStore(language)]
}

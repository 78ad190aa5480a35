/** Where a document is chosen, or dropped; and what can be said against it before it is sent. */
import type { Printing } from '@fairlead/protocol/contract'
import { useRef, useState } from 'preact/hooks'
import { useLanguage } from '../../language.ts'
import { type SayOfJobs, useSay } from '../../messages/for-jobs.ts'
import { formatInWords, sizeInWords } from './words.ts'

/** So many formats are named: a printer may take very many. */
const mostNamed = 6

interface ChooseDocumentProps {
  /** undefined: not read yet. */
  printing: Printing | undefined
  file: File | undefined
  chosen(file: File): void
}

export function ChooseDocument({ printing, file, chosen }: ChooseDocumentProps) {
  const say = useSay()
  const { jobs } = say
  const language = useLanguage()
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const take = (files: FileList | null | undefined) => {
    const [first] = files ?? []
    if (first) chosen(first)
  }
  const why = file && whyNotDocument(file, printing)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button in it does the same
    <div
      class={`drop ${isOver ? 'is-over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        take(event.dataTransfer?.files)
      }}
    >
      <input
        type="file"
        class="hidden"
        tabIndex={-1}
        aria-label={jobs.file}
        ref={input}
        onChange={({ currentTarget }) => {
          take(currentTarget.files)
          // The same one may be chosen again, when it has changed.
          currentTarget.value = ''
        }}
      />
      {file && (
        <p>
          <strong>{file.name}</strong> <span class="sub">{sizeInWords(file.size, language)}</span>
        </p>
      )}
      {why && (
        <p class="is-wrong" role="alert">
          {whyInWords(why, file, printing, say, language)}
        </p>
      )}
      <div class="actions">
        <button type="button" class="quiet" onClick={() => input.current?.click()}>
          {file ? jobs.otherFile : jobs.chooseFile}
        </button>
        <span class="sub can-drop">{jobs.orDrop}</span>
      </div>
      {printing && !why && (
        <p class="sub">
          {printing.abilities === null ? jobs.notTold : jobs.takes(namedOf(printing, say, language))}{' '}
          {jobs.most(sizeInWords(printing.maxBytes, language))}
        </p>
      )}
    </div>
  )
}

type WhyNot = 'empty' | 'large' | 'format'

/** @returns undefined: nothing that is known here speaks against it; what it really is, the relay looks at */
export function whyNotDocument(file: File, printing: Printing | undefined): WhyNot | undefined {
  if (file.size === 0) return 'empty'
  if (printing && file.size > printing.maxBytes) return 'large'
  const formats = printing?.abilities?.formats ?? []
  return file.type !== '' && formats.length > 0 && !formats.includes(file.type) ? 'format' : undefined
}

function whyInWords(why: WhyNot, file: File, printing: Printing | undefined, say: SayOfJobs, language: string): string {
  const { jobs } = say
  if (why === 'empty' || !printing) return jobs.emptyFile
  if (why === 'large') return jobs.tooLarge(sizeInWords(file.size, language), sizeInWords(printing.maxBytes, language))
  return jobs.wrongFormat(formatInWords(file.type, say), namedOf(printing, say, language))
}

function namedOf({ abilities }: Printing, say: SayOfJobs, language: string): string {
  const named = (abilities?.formats ?? []).slice(0, mostNamed).map((format) => formatInWords(format, say))
  return new Intl.ListFormat(language, { type: 'conjunction' }).format(named)
}

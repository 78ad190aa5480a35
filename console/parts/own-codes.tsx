/** What opens something for whoever is signed in, as a list: each with its last use, and ended after a question. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { hasCode } from '../relay.ts'
import { BeforeHarm } from './before-harm.tsx'
import { Problem } from './forms.tsx'
import { Ago } from './when.tsx'

interface OwnCode {
  id: string
  name: string
  /** Of several kinds which one. */
  kind?: string | undefined
  lastUsedAt: string | null
}

interface OwnCodesProps {
  /** Of the section. */
  id: string
  title: string
  means: string
  words: {
    none: string
    used(age: string): string
    neverUsed: string
    end: string
    endTitle(name: string): string
    endMeans: string
  }
  /** Undefined: not read yet. */
  items: readonly OwnCode[] | undefined
  read: { run(): void; error: unknown }
  remove(id: string): Promise<void>
  /** How another one is made. */
  children: ComponentChildren
}

export function OwnCodes({ id, title, means, words, items, read, remove, children }: OwnCodesProps) {
  const [ending, setEnding] = useState<OwnCode>()
  return (
    <section class="own" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p class="sub">{means}</p>
      <Problem error={read.error} retry={() => read.run()} />
      {items?.length === 0 && <p class="sub">{words.none}</p>}
      <ul class="key-list">
        {items?.map((item) => (
          <li key={item.id}>
            <div>
              <strong>{item.name}</strong>
              <p class="sub">
                {item.kind !== undefined && `${item.kind} · `}
                {item.lastUsedAt === null ? words.neverUsed : <Ago at={item.lastUsedAt} wrap={words.used} />}
              </p>
            </div>
            <button type="button" class="quiet is-harm" onClick={() => setEnding(item)}>
              {words.end}
              <span class="hidden"> {item.name}</span>
            </button>
          </li>
        ))}
      </ul>
      {children}
      {ending && (
        <BeforeHarm
          title={words.endTitle(ending.name)}
          verb={words.end}
          act={() => remove(ending.id).catch(unlessGone)}
          done={() => read.run()}
          close={() => setEnding(undefined)}
        >
          {words.endMeans}
        </BeforeHarm>
      )}
    </section>
  )
}

/** That it has been ended meanwhile is what was wanted. */
function unlessGone(error: unknown): void {
  if (!hasCode(error, 'not-found')) throw error
}

/** While no relay answers: what waits in this browser, and the printers that one can still give documents for (E1). */
import { NoRelayError } from '@fairlead/sdk'
import { useEffect, useState } from 'preact/hooks'
import { type Printer, usePrinting } from '../live/printing.ts'
import { useSay } from '../messages/for-offline.ts'
import { findPerson, type KnownPrinter, knownPrinters, type LastPerson } from '../offline/kept.ts'
import { Problem, Select } from '../parts/forms.tsx'
import { Outbox } from './jobs/outbox.tsx'
import { PrintDocument } from './jobs/print-document.tsx'

export function Offline({ error, retry }: { error: unknown; retry(): void }) {
  const { offline: say } = useSay()
  const [person, setPerson] = useState<LastPerson>()
  const [printers, setPrinters] = useState<readonly KnownPrinter[]>([])
  useEffect(() => {
    findPerson()
      .then(async (found) => {
        setPerson(found)
        setPrinters(await knownPrinters())
      })
      // A browser that keeps nothing.
      .catch(() => {})
  }, [])
  if (!(error instanceof NoRelayError) || !person)
    return (
      <main class="door">
        <Problem error={error} retry={retry} />
      </main>
    )
  return (
    <main class="page narrow" id="content">
      <h1>{say.title}</h1>
      <p class="sub" role="status">
        {person.name} · {say.means}
      </p>
      <Outbox />
      {printers.length === 0 ? <p>{say.none}</p> : <PrintOn printers={printers} />}
    </main>
  )
}

function PrintOn({ printers }: { printers: readonly KnownPrinter[] }) {
  const { offline: say } = useSay()
  const [device, setDevice] = useState(printers[0]?.device ?? '')
  const printer = printers.find((one) => one.device === device)
  return (
    <section aria-labelledby="later">
      <h2 id="later">{say.later}</h2>
      <Select
        label={say.printOn}
        value={device}
        choices={printers.map(({ device: value, name: label }) => ({ value, label }))}
        changed={setDevice}
      />
      {printer && <Print key={device} printer={{ id: device, name: printer.name, state: 'offline' }} />}
    </section>
  )
}

function Print({ printer }: { printer: Printer }) {
  return <PrintDocument device={printer} known={usePrinting(printer)} />
}

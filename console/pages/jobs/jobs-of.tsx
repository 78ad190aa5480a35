/** The jobs of one device, the open ones first, and the way to send it another one. */
import type { Device } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { useJobs } from '../../live/jobs.ts'
import { type Printer, usePrinting } from '../../live/printing.ts'
import { useSay } from '../../messages/for-jobs.ts'
import { Problem } from '../../parts/forms.tsx'
import { linkTo } from '../../router.ts'
import { useMay } from '../../session.ts'
import { JobList } from './job-list.tsx'
import { PrintDocument } from './print-document.tsx'
import { ReleaseSetting } from './release-setting.tsx'

export function JobsOf({ device }: { device: Device }) {
  const { jobs } = useSay()
  const mayPrint = useMay('jobs:write')
  const [isPrinting, setPrinting] = useState(false)
  const open = useJobs({ device: device.id, state: 'open' }, 20)
  const ended = useJobs({ device: device.id, state: 'ended' }, 5)
  const isShown = new Set(open.items?.map(({ jobId }) => jobId))
  // One that has ended since one looks stays where it is.
  const others = ended.items?.filter(({ jobId }) => !isShown.has(jobId)) ?? []
  const reload = () => {
    open.reload()
    ended.reload()
  }
  const isEmpty = open.items?.length === 0 && ended.items?.length === 0
  return (
    <section aria-labelledby="jobs">
      <div class="section-head">
        <h2 id="jobs">{jobs.ofDevice}</h2>
        {mayPrint && !isPrinting && (
          <button type="button" onClick={() => setPrinting(true)}>
            {jobs.print}
          </button>
        )}
      </div>
      {mayPrint && <Print device={device} isShown={isPrinting} close={() => setPrinting(false)} />}
      <Problem error={open.error ?? ended.error} retry={reload} />
      {isEmpty && <p class="sub">{jobs.noneOfDevice}</p>}
      <JobList items={[...(open.items ?? []), ...others.slice(0, 5)]} withDevice={false} />
      {!isEmpty && (
        <a class="all-jobs" href={linkTo(['jobs'], { device: device.id })}>
          {jobs.allOfDevice}
        </a>
      )}
      <ReleaseSetting device={device} />
    </section>
  )
}

/** What the device can do is read as soon as its page is: it can then be printed on while no relay answers. */
function Print({ device, isShown, close }: { device: Device; isShown: boolean; close(): void }) {
  const told = device.objects['name']?.value
  const printer: Printer = { ...device, name: typeof told === 'string' && told !== '' ? told : device.id }
  const known = usePrinting(printer)
  return isShown ? <PrintDocument device={printer} known={known} close={close} /> : null
}

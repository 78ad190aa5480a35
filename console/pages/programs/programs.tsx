/** All programs of the account: what stands on the panels of which devices, where it runs, and how. */
import type { CreatedProgram } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { usePrograms } from '../../live/programs.ts'
import { useSay } from '../../messages/for-programs.ts'
import { CopyButton, Problem } from '../../parts/forms.tsx'
import { useMay } from '../../session.ts'
import { MakeProgram } from './make-program.tsx'
import { Program } from './program.tsx'
import { Secret } from './secret.tsx'

export function Programs() {
  const { programs: say } = useSay()
  const { items, error, reload } = usePrograms()
  const mayAdd = useMay('devices:write')
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<CreatedProgram>()
  return (
    <div class="page narrow">
      <div class="section-head">
        <h1>{say.title}</h1>
        {mayAdd && !isMaking && !made && (
          <button type="button" onClick={() => setMaking(true)}>
            {say.add}
          </button>
        )}
      </div>
      <p class="sub">{say.means}</p>
      {isMaking && (
        <MakeProgram
          close={() => setMaking(false)}
          made={(program) => {
            setMaking(false)
            setMade(program)
            reload()
          }}
        />
      )}
      {made && <Secret secret={made.secret} close={() => setMade(undefined)} />}
      <Problem error={error} retry={reload} />
      {items === undefined && error === undefined && (
        <div class="skeleton" aria-busy="true">
          <span class="hidden" role="status">
            {say.loading}
          </span>
          <div class="block" />
        </div>
      )}
      {items?.length === 0 && !isMaking && <Empty mayAdd={mayAdd} />}
      {items?.map((program) => (
        <Program key={`${program.account} ${program.program}`} program={program} changed={reload} />
      ))}
    </div>
  )
}

function Empty({ mayAdd }: { mayAdd: boolean }) {
  const { programs: say } = useSay()
  const command = [
    'npx fairlead programs',
    `--relay ${location.origin}`,
    '--key …',
    '--listen 127.0.0.1:8090',
    '--public-url https://programs.example.com',
    '--smtp smtps://USER:PASSWORD@mail.example.com',
    '--from scans@example.com',
  ].join(' \\\n  ')
  return (
    <div class="empty">
      <h2>{say.empty}</h2>
      {mayAdd && (
        <>
          <p>{say.emptyMeans}</p>
          <code>{command}</code>
          <div class="actions">
            <CopyButton text={command} label={say.copy} />
          </div>
        </>
      )}
    </div>
  )
}

/** How any computer prints on this device (N1): its address, what to type where, and the password for it. */
import { usePrinterWords } from '../../messages/for-printers.ts'
import { CopyButton } from '../../parts/forms.tsx'
import { linkTo } from '../../router.ts'
import { useMay, useSignedIn } from '../../session.ts'

/** IPP has a port of its own (RFC 8010 §4): that of HTTP must be said. */
function addressOf(device: string): string {
  const { protocol, hostname, port } = location
  const isSecure = protocol === 'https:'
  return `${isSecure ? 'ipps' : 'ipp'}://${hostname}:${port || (isSecure ? 443 : 80)}/ipp/print/${device}`
}

export function AsPrinter({ device }: { device: string }) {
  const say = usePrinterWords()
  const email = useSignedIn()?.user.email
  const uri = addressOf(device)
  if (!useMay('jobs:write')) return null
  return (
    <section aria-labelledby="as-printer">
      <details class="more">
        <summary>
          <h2 id="as-printer">{say.title}</h2>
        </summary>
        <p class="sub">{say.means}</p>
        {location.protocol !== 'https:' && <p class="notice">{say.notSecure}</p>}
        <dl class="facts">
          <div>
            <dt>{say.address}</dt>
            <dd>
              <code>{uri}</code> <CopyButton text={uri} />
            </dd>
          </div>
          <div>
            <dt>{say.queue}</dt>
            <dd>
              <code>ipp/print/{device}</code> <span class="sub">{say.queueMeans}</span>
            </dd>
          </div>
          <div>
            <dt>{say.user}</dt>
            <dd>{email}</dd>
          </div>
          <div>
            <dt>{say.password}</dt>
            <dd>
              {say.passwordMeans} · <a href={linkTo(['you'])}>{say.make}</a>
            </dd>
          </div>
          {say.hows.map(([system, how]) => (
            <div key={system}>
              <dt>{system}</dt>
              <dd>{how(uri).startsWith('lpadmin') ? <code>{how(uri)}</code> : how(uri)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  )
}

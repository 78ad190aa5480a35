/** Claiming a device: its code comes from a QR code or is typed, and is checked as it is typed. */
import { inGroups, plainCode, readFactoryCode } from '@fairlead/protocol/factory-code'
import { useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { Field, Problem, useAction } from '../parts/forms.tsx'
import { Icon } from '../parts/icons.tsx'
import { NotAllowed } from '../parts/not-allowed.tsx'
import { relay } from '../relay.ts'
import { go, linkTo, type PageProps } from '../router.ts'
import { useMay, useSignedIn } from '../session.ts'

const codeLength = 17

export function Claim({ param = '' }: PageProps) {
  const say = useSay()
  const account = useSignedIn()?.user.account
  const mayClaim = useMay('devices:write')
  const [typed, setTyped] = useState(inGroups(plainCode(param)))
  const plain = plainCode(typed)
  const code = readFactoryCode(plain)
  const claim = useAction(async () => {
    if (code === undefined || account === undefined) return
    const { claimId } = await relay.claims.add({ code, account })
    // The code is spent, and has no business in the browser's memory.
    go(linkTo(['claims', claimId]), 'replace')
  })
  if (!mayClaim) return <NotAllowed title={say.claim.title} />
  return (
    <form
      class="page narrow with-main-action"
      onSubmit={(event) => {
        event.preventDefault()
        claim.run()
      }}
    >
      <h1>{say.claim.title}</h1>
      <p>{say.claim.means}</p>
      <div class="code-field">
        <Field
          label={say.claim.code}
          value={typed}
          changed={(next) => setTyped(inGroupsWhileTyped(next, typed))}
          maxLength={40}
          hint={<Verdict length={plain.length} isRight={code !== undefined} />}
          isVerbatim
          isFirst={param === ''}
        />
      </div>
      <Problem error={claim.error} />
      <div class="actions main-action">
        <button type="submit" disabled={code === undefined || claim.isBusy}>
          {say.claim.submit}
        </button>
      </div>
    </form>
  )
}

/** Groups appear by themselves; who takes a hyphen away takes the character before it as well. */
function inGroupsWhileTyped(next: string, before: string): string {
  const plain = plainCode(next)
  const isShorter = next.length < before.length
  const grouped = inGroups(isShorter && plain === plainCode(before) ? plain.slice(0, -1) : plain)
  return !isShorter && plain.length > 0 && plain.length < codeLength && plain.length % 4 === 0 ? `${grouped}-` : grouped
}

function Verdict({ length, isRight }: { length: number; isRight: boolean }) {
  const say = useSay()
  if (isRight)
    return (
      <span class="is-right" role="status">
        <Icon name="online" />
        {say.claim.right}
      </span>
    )
  if (length < codeLength) return <span>{say.claim.missing(codeLength - length)}</span>
  return (
    <span class="is-wrong" role="status">
      <Icon name="warning" />
      {length > codeLength ? say.claim.tooLong : say.claim.mistyped}
    </span>
  )
}

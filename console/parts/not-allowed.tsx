/** What a person sees where a page is for roles that they do not have. */
import { useSay } from '../language.ts'

export function NotAllowed({ title }: { title: string }) {
  const say = useSay()
  return (
    <div class="page narrow">
      <h1>{title}</h1>
      <p>{say.claim.notAllowed}</p>
    </div>
  )
}

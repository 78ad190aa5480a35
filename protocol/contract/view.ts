/** Saved views: a search of the fleet with a name, of one user or of the whole account. */
import { z } from 'zod'
import { pageQuery } from './page.ts'
import { line, Timestamp } from './text.ts'

/** Made by whoever saves it, by chance: to save it again does no harm, and what was removed comes back as it was. */
export const ViewParams = z.object({
  viewId: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/, 'An ID of a view is 16 to 64 characters of A-Z a-z 0-9 _ -'),
})

/** `PUT /v1/views/{viewId}` */
export const NewView = z.strictObject({
  name: line(64),
  search: line(512).meta({ description: 'As it is typed into the console', examples: ['state:offline tag:berlin'] }),
  shared: z.boolean().default(false).meta({ description: 'All of the account see it; for admins and owners' }),
})
export type NewView = z.infer<typeof NewView>

export const View = z
  .object({
    viewId: z.string(),
    name: z.string(),
    search: z.string(),
    shared: z.boolean(),
    changedAt: Timestamp,
  })
  .meta({ id: 'View' })
export type View = z.infer<typeof View>

export const ViewsQuery = z.strictObject(pageQuery)
export type ViewsQuery = z.infer<typeof ViewsQuery>

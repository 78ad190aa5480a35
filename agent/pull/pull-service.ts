/** A pull service as whoever configures the agent names it: the device asks it first, on a touch at the panel (A14). */
import { z } from 'zod'
import { ScanSettings } from '../scanning/scanner.ts'

const Address = z
  .string()
  .max(2048)
  .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), 'must be an http:// or https:// address')
  // It would stand in no header that can be kept out of a log.
  .refine((text) => !URL.canParse(text) || new URL(text).username === '', 'takes no user name: use authorization')
  .transform((text) => new URL(text).href)

/** What is written into an HTTP header as it is. Source: RFC 9110 §5.5 */
const Authorization = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[\x21-\x7e][\x20-\x7e]*$/, 'must be printable ASCII')

/** For people. */
const Title = z
  .string()
  .min(1)
  .max(60)
  .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters')

export const PullService = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be 1 to 64 of a-z 0-9 . _ -'),
    title: Title,
    /** Where content comes from. */
    download: Address.optional(),
    /** Where a scan goes to. */
    upload: Address.optional(),
    /** The `Authorization` that it is shown; a secret. */
    authorization: Authorization.optional(),
    /** How pages are scanned for it. */
    scan: ScanSettings.optional(),
  })
  .refine(
    ({ download, upload }) => (download === undefined) !== (upload === undefined),
    'needs a download or an upload',
  )
  .refine(({ scan, upload }) => scan === undefined || upload !== undefined, 'scans for an upload only')
export type PullService = z.infer<typeof PullService>

export const mostServices = 20
export const PullServices = z
  .array(PullService)
  .max(mostServices)
  .refine((services) => new Set(services.map(({ id }) => id)).size === services.length, 'must not have one id twice')

/** A page that is to be scanned and sent, as somebody else than a finger asks for it. */
export const UploadOrder = z.strictObject({
  /** Of whoever orders: one that is here already is not made again. */
  id: z
    .string()
    .regex(/^[\w-]{8,64}$/)
    .optional(),
  /** Who it is for. */
  title: Title,
  url: Address,
  /** What opens the service: it is shown to it, and to nobody else. */
  authorization: Authorization.optional(),
  settings: ScanSettings.prefault({}),
})
export type UploadOrder = z.input<typeof UploadOrder>

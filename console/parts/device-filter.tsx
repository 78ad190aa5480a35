/** A field that narrows a list to one device as soon as its ID is typed. */
import { useEffect, useState } from 'preact/hooks'
import { Field } from './forms.tsx'

/** It begins when one has stopped typing for so long. */
const typingMs = 300

/** What is no ID yet filters nothing. */
export function isDeviceId(text: string): boolean {
  return /^[a-z0-9._-]{1,64}$/.test(text)
}

interface DeviceFilterProps {
  label: string
  device: string
  chosen(id: string): void
}

export function DeviceFilter({ label, device, chosen }: DeviceFilterProps) {
  const [typed, setTyped] = useState(device)
  useEffect(() => setTyped(device), [device])
  useEffect(() => {
    const id = typed.trim().toLowerCase()
    if (id === device || (id !== '' && !isDeviceId(id))) return
    const waiting = setTimeout(() => chosen(id), typingMs)
    return () => clearTimeout(waiting)
  }, [typed])
  return <Field label={label} value={typed} changed={setTyped} maxLength={64} isVerbatim />
}

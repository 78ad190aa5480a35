/** The fonts of what is printed. */
import { fileURLToPath } from 'node:url'

/** They have what is written in Japan and in Europe, and may be embedded (SIL Open Font License): no reader puts others in their place. */
export const fontFiles = {
  regular: fontFile('400Regular/BIZUDPGothic_400Regular.ttf'),
  bold: fontFile('700Bold/BIZUDPGothic_700Bold.ttf'),
}

function fontFile(path: string): string {
  return fileURLToPath(import.meta.resolve(`@expo-google-fonts/biz-udpgothic/${path}`))
}

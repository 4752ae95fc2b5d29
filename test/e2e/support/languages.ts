import { base } from './site.ts'

/** The languages beside English that the switch of a page offers. */
export async function otherLanguages(): Promise<{ code: string; name: string }[]> {
  const html = await (await fetch(`${base}/sign-in`)).text()
  const offered = html.matchAll(/<button name="language" value="([\w-]+)"[^>]*>([^<]+)</g)
  const languages = Array.from(offered, ([, code = '', name = '']) => ({ code, name }))
  if (languages.length < 2) throw new Error('the sign-in page offers no other languages')
  return languages
}

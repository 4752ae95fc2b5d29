/**
 * What the components of a page read without being handed it: texts, formats, the visitor, and the form
 * that was refused. Valid while the page is rendered, so only inside components; the functions of a page
 * that run before have the same in their PageRequest.
 */
import { createContext, useContext } from 'hono/jsx'
import type { Config } from '../../config'
import type { Texts } from '../../texts/en'
import { EMPTY_FORM, type FormState } from './form-state'
import type { Formats } from './format'
import type { Visitor } from './page'

export interface PageContext {
  readonly look: Pick<Config, 'PRODUCT_NAME' | 'PRODUCT_LOGO_URL' | 'ACCENT_COLOR'>
  readonly language: string
  readonly texts: Texts
  readonly format: Formats
  readonly nonce: string
  readonly visitor: Visitor | null
  readonly path: string
  /** Where the language switch comes back to: a page that can be opened by GET. */
  readonly returnTo: string
  readonly flash: string | undefined
}

const Page = createContext<PageContext | undefined>(undefined)
export const PageProvider = Page.Provider

export function usePage(): PageContext {
  const page = useContext(Page)
  if (!page) throw new Error('A component of a page was rendered outside of one')
  return page
}

/** The texts of the console. */
export const useConsoleTexts = (): Texts['admin'] => usePage().texts.admin

const RefusedForm = createContext<FormState>(EMPTY_FORM)
/** Tells a page which of its forms was refused; form-page.tsx does. */
export const RefusedFormProvider = RefusedForm.Provider
export const useRefusedForm = (): FormState => useContext(RefusedForm)

const OwnForm = createContext<FormState>(EMPTY_FORM)
/** The state of the form around its fields; components/form.tsx provides it. */
export const OwnFormProvider = OwnForm.Provider
/** The state of the form that a field is in; empty outside of a Form. */
export const useForm = (): FormState => useContext(OwnForm)

import type { FieldIssue } from '../../errors'
import type { Texts } from '../../texts/en'
import type { SkippedLine } from '../../user-admin/import-outcome'
import { EMPTY_FORM, issueTexts } from '../runtime/form-state'

/** What is wrong with a line, in the reader's words, with the field it is about. */
export function lineText(texts: Texts, { path, code, message }: FieldIssue): string {
  const own = texts.admin.import.issues[code]
  const [known] = issueTexts(texts, { ...EMPTY_FORM, issues: [{ path, code, message }] }, path)
  // Without a text of its own an issue has the API's, which says more than "not acceptable".
  const isKnown = known !== undefined && known !== texts.layout.issues.other()
  const said = own ?? (isKnown ? known : message)
  return path === '' ? said : `${path}: ${said}`
}

/** Why a line was skipped, in the reader's words, with its address. */
export const skipText = (texts: Texts, { email, code }: SkippedLine): string =>
  `${email}: ${texts.admin.import.skips[code]}`

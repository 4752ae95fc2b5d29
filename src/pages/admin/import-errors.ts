import type { SkippedLine } from '../../user-admin/import-outcome'
import type { FieldIssue } from '../../errors'
import { EMPTY_FORM, issueTexts } from '../runtime/form-state'
import type { StaffRequest } from './shell'

/** What is wrong with a line, in the reader's words, with the field it is about. */
export function lineText(request: StaffRequest, { path, code, message }: FieldIssue): string {
  const own = request.texts.admin.import.issues[code]
  const [known] = issueTexts(
    request.texts,
    { ...EMPTY_FORM, issues: [{ path, code, message }] },
    path,
  )
  // What has no words here has the API's, which say more than "not acceptable".
  const isKnown = known !== undefined && known !== request.texts.frame.issues.other()
  const said = own ?? (isKnown ? known : message)
  return path === '' ? said : `${path}: ${said}`
}

/** Why a line was skipped, in the reader's words, with its address. */
export const skipText = (request: StaffRequest, { email, code }: SkippedLine): string =>
  `${email}: ${request.texts.admin.import.skips[code]}`

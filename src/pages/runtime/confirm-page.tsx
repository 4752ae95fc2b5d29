/**
 * The page that asks who is acting before an action goes on that has no place for it, such as a button. It
 * posts the same fields to the same path, with the proof, so nothing has to be done again.
 */
import type { FC } from 'hono/jsx'
import { Form, Hidden } from '../components/form'
import { StepUpFields } from '../components/step-up'
import type { FormState } from './form-state'
import type { PageRequest, View } from './page'
import { PROOF_FIELDS } from './proof-fields'

type Posted = Readonly<Record<string, unknown>>

/** The page for an action that was posted. `form`: empty at first, or what was wrong with the proof. */
export const confirmView = (
  { texts, path }: Pick<PageRequest, 'texts' | 'path'>,
  posted: Posted,
  form: FormState,
  cancel: string,
): View => ({
  title: texts.stepUp.title,
  lead: texts.stepUp.lead,
  main: (
    <Form
      action={path}
      state={{ ...form, values: {} }}
      submit={texts.stepUp.submit}
      cancel={{ href: cancel }}
    >
      <PostedFields posted={posted} />
      <StepUpFields isTitled />
    </Form>
  ),
})

const PostedFields: FC<{ posted: Posted }> = ({ posted }) => (
  <>
    {Object.entries(posted)
      .filter(([name]) => !PROOF_FIELDS.includes(name))
      .flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value]).map((each) => (
          <Hidden name={name} value={String(each ?? '')} />
        )),
      )}
  </>
)

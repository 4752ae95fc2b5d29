import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { Answer, Documented } from './route'

/** The answer of routes that have nothing to show but that it is done. */
const Message = answerSchema(() => z.object({ message: z.string() }).meta({ id: 'Message' }))

export const messageAnswer = (text: string, status: 200 | 202 = 200): Answer => ({
  status,
  body: { message: text },
})

/** Documents such an answer. */
export const messageSchema = (description: string): Documented => ({ description, schema: Message })

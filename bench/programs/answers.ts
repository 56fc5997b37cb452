/** One question of the benchmark to a process it started, and the reply. */
export interface Question {
  id: number;
  ask: string;
  payload: unknown;
}

export interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

const replies = new Map<string, (payload: unknown) => unknown>();
/** Questions that came before the program could answer them: the probe listens from the start. */
const early: Question[] = [];

/** Answers one kind of question over the channel to the parent. The process ends when the parent is gone. */
export function answer<Payload>(ask: string, reply: (payload: Payload) => unknown): void {
  if (replies.size === 0) process.on('message', (message) => take(message as Question));
  replies.set(ask, (payload) => reply(payload as Payload));
  for (const question of early.splice(0)) take(question);
}

function take(question: Question): void {
  const reply = replies.get(question.ask);
  if (reply === undefined) {
    early.push(question);
    return;
  }
  const send = (message: Answer) => process.send?.(message);
  Promise.resolve(question.payload)
    .then(reply)
    .then(
      (value) => send({ id: question.id, value }),
      (error: unknown) => send({ id: question.id, error: error instanceof Error ? error.message : String(error) }),
    );
}

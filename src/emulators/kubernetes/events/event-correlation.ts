import type { KubernetesObject } from '../objects/kubernetes-object.ts';

/** What a component has to say of an object. */
export interface Report {
  readonly component: string;
  /** The node of a kubelet. */
  readonly host?: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** The part of the object that it is about, `spec.containers{main}`. */
  readonly fieldPath?: string;
}

/** An Event that was written for an object, and may be counted up. */
export interface WrittenEvent {
  readonly name: string;
  count: number;
  readonly firstTimestamp: string;
}

interface Group {
  readonly messages: Set<string>;
  lastMs: number;
}

interface Subject {
  /** Writes that are left until more are granted. */
  tokens: number;
  grantedMs: number;
  readonly groups: Map<string, Group>;
  readonly written: Map<string, WrittenEvent>;
}

/** Different messages for one reason after which they are counted together. */
const mostAlike = 10;
const alikeForMs = 600_000;
/** Events about one object: so many at once, and one more after each pause. */
const burst = 25;
const pauseMs = 300_000;
const subjectsKept = 4_096;
const eventsOfSubject = 64;

/**
 * Decides which reports become Events of their own, as the real components do: the same again is counted, many that are alike
 * are combined, and who says too much is not heard.
 * Source: EventCorrelator in k8s.io/client-go/tools/record.
 */
export class EventCorrelation {
  /** By uid. */
  readonly #subjects = new Map<string, Subject>();

  /** @returns the message to write and where its Event is remembered; undefined for what is not written. */
  place(object: KubernetesObject, report: Report, nowMs: number): { message: string; key: string; subject: Subject } | undefined {
    const subject = this.#subjectOf(object.metadata.uid, nowMs);
    const group = `${report.type} ${report.reason}`;
    const combined = isCombined(subject, group, report, nowMs);
    const key = `${group} ${report.fieldPath ?? ''} ${combined ? '' : report.message}`;
    const granted = Math.floor((nowMs - subject.grantedMs) / pauseMs);
    subject.tokens = Math.min(burst, subject.tokens + granted);
    subject.grantedMs += granted * pauseMs;
    if (subject.tokens === 0) return undefined;
    subject.tokens -= 1;
    return { message: combined ? `(combined from similar events): ${report.message}` : report.message, key, subject };
  }

  remember({ subject, key }: { subject: Subject; key: string }, event: WrittenEvent): void {
    subject.written.set(key, event);
    if (subject.written.size > eventsOfSubject) dropFirst(subject.written);
  }

  /** To be called with an object that is gone. */
  forget({ metadata }: KubernetesObject): void {
    this.#subjects.delete(metadata.uid);
  }

  /** The latest used ones are kept. */
  #subjectOf(uid: string, nowMs: number): Subject {
    const found = this.#subjects.get(uid) ?? { tokens: burst, grantedMs: nowMs, groups: new Map(), written: new Map() };
    this.#subjects.delete(uid);
    this.#subjects.set(uid, found);
    if (this.#subjects.size > subjectsKept) dropFirst(this.#subjects);
    return found;
  }
}

function isCombined({ groups }: Subject, name: string, { message }: Report, nowMs: number): boolean {
  const known = groups.get(name);
  const group = known && nowMs - known.lastMs <= alikeForMs ? known : { messages: new Set<string>(), lastMs: nowMs };
  groups.set(name, group);
  group.lastMs = nowMs;
  group.messages.add(message);
  if (group.messages.size < mostAlike) return false;
  dropFirst(group.messages);
  return true;
}

function dropFirst(collection: Map<string, unknown> | Set<string>): void {
  for (const key of collection.keys()) {
    collection.delete(key);
    return;
  }
}

/** The states of uploads that are not finished, as an SQL list: with it, the index of states spares a look through the finished ones. */
export const OPEN_STATES = "('filling', 'planned', 'sending', 'uncertain', 'sent', 'processing')";
